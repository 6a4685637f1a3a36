import { Probing, type Access, type PrecheckView } from '@smartant/runs';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Endpoint } from '../../domain/run';
import type { DatabaseEndpoint, DatabaseEngine } from '../ports/database-engine';
import type { SecretSource } from '../ports/secrets';
import { toDatabaseEndpoint } from '../runs/database-job';
import { estimateScope } from './estimate-scope';

/** With the fixes of what a precheck found. */
export class DatabaseProbing extends Probing<Endpoint, DatabaseEndpoint, DatabaseScope, PrecheckView> {
  constructor(
    private readonly engine: DatabaseEngine,
    secrets: SecretSource,
  ) {
    super({
      engine,
      open: (access, endpoint) => toDatabaseEndpoint(access, endpoint, secrets),
      forget: (access, endpoint) => secrets.forget(access, endpoint),
      estimate: (source, scope, signal) => estimateScope(engine, source, scope, signal),
      precheck: async (source, target, scope, signal) => {
        const { findings, estimate } = await engine.precheck(source, target, scope, signal);
        return { findings, estimate: { objects: estimate.tables, bytes: estimate.bytes, complete: true } };
      },
      blocked: (findings) => ({ findings, estimate: { objects: 0, bytes: 0, complete: false } }),
    });
  }

  /** Raises what keeps an end from being asked. */
  applyFixes(
    source: Endpoint,
    target: Endpoint,
    scope: DatabaseScope,
    access: Access,
    wanted: { codes: string[]; includeUnsafe: boolean },
    signal: AbortSignal,
  ): ReturnType<DatabaseEngine['fix']> {
    return this.using([source, target], access, ([from, to]) => this.engine.fix(from!, to!, scope, wanted, signal));
  }
}
