import { toSmartantError } from '@smartant/kernel';
import type { Access, Finding } from '@smartant/runs';
import type { DatabaseScope } from '../../domain/database-scope';
import type { Endpoint } from '../../domain/run';
import type { DatabaseEndpoint, DatabaseEngine, Estimate } from '../ports/database-engine';
import type { SecretSource } from '../ports/secrets';
import { toDatabaseEndpoint } from '../runs/make-job';
import { estimateScope } from './estimate-scope';

export interface ProbeView {
  reachable: boolean;
  abilities: string[];
  findings: Finding[];
  roundTripMs: number;
}

/** As the scheduler takes it: the objects of a database are its tables. */
export interface EstimateView {
  objects: number;
  bytes: number;
  /** False where the time ran out: the figures are a lower bound. */
  complete: boolean;
}

const LARGEST_PAGE = 1_000;

/** Questions about endpoints, answered without a run. */
export class Probing {
  constructor(
    private readonly engine: DatabaseEngine,
    private readonly secrets: SecretSource,
  ) {}

  /** Reaches an endpoint and signs in. What goes wrong is a finding, not an error. */
  probe(endpoint: Endpoint, access: Access, signal: AbortSignal): Promise<ProbeView> {
    return this.using([endpoint], access, async ([database]) => {
      try {
        return { reachable: true, ...(await this.engine.probe(database!, signal)) };
      } catch (thrown) {
        return { reachable: false, abilities: [], findings: [blocker(thrown)], roundTripMs: 0 };
      }
    });
  }

  discover(
    endpoint: Endpoint,
    access: Access,
    path: string,
    pageSize: number,
    pageToken: string,
    signal: AbortSignal,
  ): ReturnType<DatabaseEngine['discover']> {
    const page = { pageSize: Math.min(pageSize || LARGEST_PAGE, LARGEST_PAGE), pageToken };
    return this.using([endpoint], access, ([database]) => this.engine.discover(database!, path, page, signal));
  }

  estimate(source: Endpoint, scope: DatabaseScope, access: Access, signal: AbortSignal): Promise<EstimateView> {
    return this.using([source], access, ([database]) => estimateScope(this.engine, database!, scope, signal));
  }

  async precheck(
    source: Endpoint,
    target: Endpoint,
    scope: DatabaseScope,
    access: Access,
    signal: AbortSignal,
  ): Promise<{ findings: Finding[]; estimate: EstimateView }> {
    return this.using([source, target], access, async ([from, to]) => {
      try {
        const { findings, estimate } = await this.engine.precheck(from!, to!, scope, signal);
        return { findings, estimate: viewOf(estimate) };
      } catch (thrown) {
        signal.throwIfAborted();
        return { findings: [blocker(thrown)], estimate: { objects: 0, bytes: 0, complete: false } };
      }
    });
  }

  private async using<T>(endpoints: Endpoint[], access: Access, work: (databases: DatabaseEndpoint[]) => Promise<T>): Promise<T> {
    try {
      return await work(endpoints.map((endpoint) => toDatabaseEndpoint(access, endpoint, this.secrets)));
    } finally {
      for (const endpoint of endpoints) this.secrets.forget(access, endpoint);
    }
  }
}

function blocker(thrown: unknown): Finding {
  const { code, message, hint = '' } = toSmartantError(thrown);
  return { severity: 'blocker', code, message, hint, subject: 'both' };
}

function viewOf({ tables, bytes }: Estimate): EstimateView {
  return { objects: tables, bytes, complete: true };
}
