import { SmartantError } from '@smartant/kernel';
import { migratorV1 } from '@smartant/contracts';
import { createRpcClient, type RpcClient, type RpcClientSettings } from '@smartant/platform/grpc';
import type { Migrator } from '../../application/ports/migrator';
import type { RunState } from '../../domain/migration/run-state';
import { endpointToProto, limitOrderToProto, orderToProto, scopeToProto } from './order-to-proto';
import { failureFromProto, findingFromProto, runFromProto } from './run-from-proto';

const { ResolveFailuresRequest_Resolution: Resolution } = migratorV1;

export interface MigratorClientOptions {
  /** host:port */
  address: string;
  tls?: RpcClientSettings['tls'];
  /** The name in the migrator's certificate. */
  serverName: string;
}

/** A migrator over gRPC. Deadlines and retries of a call come from its policy in proto/; `close` ends the connection. */
export function connectMigrator(options: MigratorClientOptions): Migrator & { close(): void } {
  const rpc = createRpcClient(migratorV1.MigratorServiceClient, options);
  return { ...endpointCalls(rpc), ...runCalls(rpc), ...failureCalls(rpc), close: () => rpc.close() };
}

type Rpc = RpcClient<typeof migratorV1.MigratorServiceClient.service>;

function endpointCalls(rpc: Rpc): Pick<Migrator, 'probe' | 'discover' | 'precheck'> {
  return {
    probe: async (endpoint, access) => {
      const { reachable, abilities, findings, roundTripMs } = await rpc.probe({ endpoint: endpointToProto(endpoint), access });
      return { reachable, abilities, findings: findings.map(findingFromProto), roundTripMs };
    },
    discover: async (endpoint, access, path, page) => {
      const { items, nextPageToken } = await rpc.discover({ endpoint: endpointToProto(endpoint), access, path, ...page });
      return { items: items.map(({ path: at, kind, sizeBytes }) => ({ path: at, kind, sizeBytes })), nextPageToken: nextPageToken || null };
    },
    precheck: async (source, target, scope, access, signal) => {
      const request = { source: endpointToProto(source), target: endpointToProto(target), scope: scopeToProto(scope), access };
      const { findings, estimate } = await rpc.precheck(request, { signal });
      const { objects = 0, bytes = 0, complete = false } = estimate ?? {};
      return { findings: findings.map(findingFromProto), estimate: { objects, bytes, complete } };
    },
  };
}

function runCalls(
  rpc: Rpc,
): Pick<Migrator, 'startRun' | 'getRun' | 'pauseRun' | 'resumeRun' | 'cancelRun' | 'forgetMigration' | 'setLimits'> {
  return {
    startRun: async (order, signal) => required((await rpc.startPhase(orderToProto(order), { signal, requestId: order.runId })).run),
    getRun: (runId, signal) => known(async () => required((await rpc.getRun({ runId }, { signal })).run)),
    pauseRun: (runId, signal) => known(async () => required((await rpc.pause({ runId }, { signal })).run)),
    resumeRun: (runId, signal) => known(async () => required((await rpc.resume({ runId }, { signal })).run)),
    cancelRun: (runId, migrationId, epoch, signal) =>
      known(async () => {
        const { run } = await rpc.cancel({ runId, migrationId, epoch }, { signal });
        return run ? runFromProto(run) : null;
      }),
    forgetMigration: async (migrationId, epoch, signal) => void (await rpc.cancel({ runId: '', migrationId, epoch }, { signal })),
    setLimits: async (migrationId, order, signal) => {
      await known(async () => {
        await rpc.setLimits({ migrationId, ...limitOrderToProto(order) }, { signal });
        return null;
      });
    },
  };
}

function failureCalls(rpc: Rpc): Pick<Migrator, 'listFailures' | 'resolveFailures'> {
  return {
    listFailures: async (migrationId, page) => {
      const { failures, nextPageToken } = await rpc.listFailures({ migrationId, ...page });
      return { items: failures.map(failureFromProto), nextPageToken: nextPageToken || null };
    },
    resolveFailures: async (migrationId, { failureIds, resolution, actor, reason }) => {
      const meant = resolution === 'retry' ? Resolution.RESOLUTION_RETRY : Resolution.RESOLUTION_WAIVE;
      return (await rpc.resolveFailures({ migrationId, failureIds, resolution: meant, actor, reason })).resolved;
    },
  };
}

/** Null when the migrator knows no such run (or migration). */
async function known(call: () => Promise<RunState | null>): Promise<RunState | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SmartantError && error.kind === 'not-found') return null;
    throw error;
  }
}

function required(run: migratorV1.Run | undefined): RunState {
  if (run) return runFromProto(run);
  throw new SmartantError('MIGRATOR_ANSWER_INVALID', 'The migrator answered without a run.', {
    kind: 'internal',
    hint: 'Check that scheduler and migrators are of the same version.',
  });
}
