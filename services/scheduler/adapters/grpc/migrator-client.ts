import { SmartantError } from '@smartant/kernel';
import { migratorV1 } from '@smartant/contracts';
import { createRpcClient, type RpcClient, type RpcClientSettings } from '@smartant/platform/grpc';
import type { Migrator } from '../../application/ports/migrator';
import type { RunState } from '../../domain/migration/run-state';
import { hostPrecheckFromProto, transcriptFromProto } from './host-from-proto';
import { endpointToProto, limitOrderToProto, orderToProto, scopeToProto } from './order-to-proto';
import { checkFromProto } from './check-from-proto';
import { shardFromProto, shardMapFromProto } from './shard-from-proto';
import { appliedFixFromProto, failureFromProto, findingFromProto, runFromProto } from './run-from-proto';

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
  return { ...endpointCalls(rpc), ...runCalls(rpc), ...recordCalls(rpc), ...checkCalls(rpc), ...shardCalls(rpc), close: () => rpc.close() };
}

type Rpc = RpcClient<typeof migratorV1.MigratorServiceClient.service>;

function endpointCalls(rpc: Rpc): Pick<Migrator, 'probe' | 'discover' | 'precheck' | 'applyFixes'> {
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
      const { findings, estimate, ...host } = await rpc.precheck(request, { signal });
      const { objects = 0, bytes = 0, complete = false } = estimate ?? {};
      return { findings: findings.map(findingFromProto), estimate: { objects, bytes, complete }, ...hostPrecheckFromProto(host) };
    },
    applyFixes: async (source, target, scope, access, wanted, signal) => {
      const request = { source: endpointToProto(source), target: endpointToProto(target), scope: scopeToProto(scope), access, ...wanted };
      return (await rpc.applyFixes(request, { signal })).applied.map(appliedFixFromProto);
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

function recordCalls(rpc: Rpc): Pick<Migrator, 'listFailures' | 'resolveFailures' | 'listTranscript'> {
  return {
    listTranscript: async (migrationId, runId, page) => {
      const { entries, nextPageToken } = await rpc.listTranscript({ migrationId, runId, ...page });
      return { items: entries.map(transcriptFromProto), nextPageToken: nextPageToken || null };
    },
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

function shardCalls(rpc: Rpc): Pick<Migrator, 'mapShards' | 'listShards'> {
  return {
    mapShards: async (migrationId, runId, cells) => shardMapFromProto(await rpc.mapShards({ migrationId, runId, cells })),
    listShards: async (migrationId, query) => {
      const { shards, nextPageToken } = await rpc.listShards({ migrationId, ...query });
      return { items: shards.map(shardFromProto), nextPageToken: nextPageToken || null };
    },
  };
}

function checkCalls(rpc: Rpc): Pick<Migrator, 'askCheck' | 'listChecks'> {
  return {
    askCheck: async ({ id, migrationId, kind, tables }) => {
      const { check } = await rpc.askCheck({ checkId: id, migrationId, kind, tables });
      if (check) return checkFromProto(check);
      throw answerInvalid('a check');
    },
    listChecks: async (migrationId) => (await rpc.listChecks({ migrationId })).checks.map(checkFromProto),
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
  throw answerInvalid('a run');
}

function answerInvalid(what: string): SmartantError {
  return new SmartantError('MIGRATOR_ANSWER_INVALID', `The migrator answered without ${what}.`, {
    kind: 'internal',
    hint: 'Check that scheduler and migrators are of the same version.',
  });
}
