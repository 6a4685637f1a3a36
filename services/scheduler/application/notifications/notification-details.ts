import { createHash } from 'node:crypto';
import type { AuditDetail, AuditTarget } from '../ports/audit';
import type { Alert, Channel, Delivery, Routing, Silence, SilenceInput, TemplateKey } from '../ports/notification-desk';

/** Longer, a document is told of by its size and digest: a page of the trail holds many entries. */
const MOST_BYTES = 16_384;

function inBounds(value: Record<string, unknown>): Record<string, unknown> {
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  return bytes <= MOST_BYTES ? value : { bytes, sha256: createHash('sha256').update(json).digest('hex') };
}

export const channelTarget = ({ id, name }: Channel): AuditTarget => ({ kind: 'notification-channel', id, name });
export const ROUTING_TARGET: AuditTarget = { kind: 'alert-routing', id: 'alert-routing', name: null };
export const silenceTarget = ({ id }: Silence): AuditTarget => ({ kind: 'silence', id, name: null });
export const alertTarget = ({ id, name }: Alert): AuditTarget => ({ kind: 'alert', id, name });
export const deliveryTarget = ({ id }: Delivery): AuditTarget => ({ kind: 'notification-delivery', id, name: null });

export function templateTarget({ channelType, language }: TemplateKey): AuditTarget {
  return { kind: 'notification-template', id: `${channelType ?? '*'}/${language}`, name: null };
}

/** A channel with what may be read again of it. Of its secrets only which there are. */
export function channelDetail({ name, type, settings, secretNames, language, enabled, fallbackChannelId, version }: Channel): AuditDetail {
  return { name, type, settings: inBounds(settings), secretNames, language, enabled, fallbackChannelId, version };
}

export function routingDetail({ version, document }: Routing): AuditDetail {
  return { version, document: inBounds(document) };
}

export function silenceDetail({ matchers, startsAt, endsAt, comment }: Silence | SilenceInput): AuditDetail {
  return { matchers, startsAt, endsAt, comment };
}
