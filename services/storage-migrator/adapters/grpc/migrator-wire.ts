import type { MigratorWire } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import { endpointFromProto, orderFromProto, scopeFromProto } from './from-proto';
import { runToProto } from './to-proto';

/** How object stores and file trees are told of in MigratorService. */
export const migratorWire: MigratorWire = {
  endpoint: endpointFromProto,
  scope: scopeFromProto,
  order: orderFromProto,
  run: (view) => runToProto(view as RunView),
};
