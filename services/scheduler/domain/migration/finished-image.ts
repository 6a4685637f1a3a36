import { SmartantError } from '@smartant/kernel';
import type { EndpointLocation } from '../endpoint/endpoint';
import type { HostLayout, HostScope } from './host-scope';
import type { HostSummary } from './host-state';
import type { Migration } from './migration';

/** A disk image that a migration of a host has written, made bootable and proved by its boot. */
export interface FinishedImage {
  migrationId: string;
  /** Of the migration. */
  name: string;
  location: Extract<EndpointLocation, { kind: 'image' }>;
  scope: HostScope;
  inventory: HostSummary;
  layout: HostLayout;
}

/** Nobody writes to the image any more, and its host was not given back. */
const FINISHED = ['reversible', 'finalize', 'done'];

/** Raises MIGRATION_IMAGE_NOT_READY for whatever is no image that is finished. */
export function finishedImage(migration: Migration, target: EndpointLocation): FinishedImage {
  const { id, name, spec, phase, status, openedAt, inventory } = migration;
  if (spec.kind !== 'host' || target.kind !== 'image') {
    throw notReady(
      'It is no migration of a host into a disk image.',
      'A host is migrated into an image by the target image:PATH.',
      migration,
    );
  }
  const { layout } = spec.host;
  if (inventory && layout && openedAt !== null && FINISHED.includes(phase) && status !== 'cancelled') {
    return { migrationId: id, name, location: target, scope: spec.host, inventory, layout };
  }
  throw notReady(
    `Its image is not finished: the migration is in ${phase}/${status}.`,
    'An image is finished when the cutover has proved it. What was rolled back is not used.',
    migration,
  );
}

function notReady(message: string, hint: string, { phase, status }: Migration): SmartantError {
  return new SmartantError('MIGRATION_IMAGE_NOT_READY', message, { kind: 'precondition', hint, details: { phase, status } });
}
