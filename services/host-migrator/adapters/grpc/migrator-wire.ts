import type { MigratorWire } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';
import { endpointFromProto, orderFromProto } from './from-proto';
import { scopeFromProto } from './scope-from-proto';
import { runToProto } from './to-proto';

/** How hosts are told of in MigratorService. */
export const migratorWire: MigratorWire = {
  endpoint: endpointFromProto,
  scope: scopeFromProto,
  order: orderFromProto,
  run: (view) => runToProto(view as RunView),
};
