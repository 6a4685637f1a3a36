import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { Access, Endpoint, Finding } from './run';

export interface ProbeView {
  reachable: boolean;
  abilities: string[];
  findings: Finding[];
  roundTripMs: number;
}

/** As the scheduler takes it, whatever the units of a kind are. */
export interface EstimateView {
  objects: number;
  bytes: number;
  /** False where the time ran out: the figures are a lower bound. */
  complete: boolean;
}

export interface PrecheckView {
  findings: Finding[];
  estimate: EstimateView;
}

export interface ItemPage {
  items: { path: string; kind: string; sizeBytes: number }[];
  nextPageToken: string;
}

/** What answers questions about opened endpoints. */
export interface EndpointEngine<End> {
  probe(end: End, signal: AbortSignal): Promise<{ abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  discover(end: End, path: string, page: { pageSize: number; pageToken: string }, signal: AbortSignal): Promise<ItemPage>;
}

export interface ProbingOptions<E extends Endpoint, End, Scope, Precheck extends PrecheckView> {
  engine: EndpointEngine<End>;
  open(access: Access, endpoint: E): End;
  /** Its secret is not needed any more. */
  forget(access: Access, endpoint: E): void;
  estimate(source: End, scope: Scope, signal: AbortSignal): Promise<EstimateView>;
  precheck(source: End, target: End, scope: Scope, signal: AbortSignal): Promise<Precheck>;
  /** Told of an error that is none of those that users are told of: its finding says no more than that there was one. */
  unexpected?: (error: unknown) => void;
  /** The answer where a precheck could not be made. */
  blocked(findings: Finding[]): Precheck;
}

const LARGEST_PAGE = 1_000;

/** Questions about endpoints, answered without a run. */
export class Probing<E extends Endpoint, End, Scope, Precheck extends PrecheckView> {
  constructor(private readonly options: ProbingOptions<E, End, Scope, Precheck>) {}

  /** Reaches an endpoint and signs in. What goes wrong is a finding, not an error. */
  probe(endpoint: E, access: Access, signal: AbortSignal): Promise<ProbeView> {
    return this.using([endpoint], access, async ([end]) => {
      try {
        return { reachable: true, ...(await this.options.engine.probe(end!, signal)) };
      } catch (thrown) {
        return { reachable: false, abilities: [], findings: [this.blocker(thrown)], roundTripMs: 0 };
      }
    });
  }

  discover(endpoint: E, access: Access, path: string, pageSize: number, pageToken: string, signal: AbortSignal): Promise<ItemPage> {
    const page = { pageSize: Math.min(pageSize || LARGEST_PAGE, LARGEST_PAGE), pageToken };
    return this.using([endpoint], access, ([end]) => this.options.engine.discover(end!, path, page, signal));
  }

  estimate(source: E, scope: Scope, access: Access, signal: AbortSignal): Promise<EstimateView> {
    return this.using([source], access, ([end]) => this.options.estimate(end!, scope, signal));
  }

  async precheck(source: E, target: E, scope: Scope, access: Access, signal: AbortSignal): Promise<Precheck> {
    return this.using([source, target], access, async ([from, to]) => {
      try {
        return await this.options.precheck(from!, to!, scope, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        return this.options.blocked([this.blocker(thrown)]);
      }
    });
  }

  private blocker(thrown: unknown): Finding {
    if (!(thrown instanceof SmartantError)) this.options.unexpected?.(thrown);
    const { code, message, hint = '' } = toSmartantError(thrown);
    return { severity: 'blocker', code, message, hint, subject: 'both' };
  }

  /** Opens endpoints for a question, and gives their secrets up after it. */
  protected async using<T>(endpoints: E[], access: Access, work: (ends: End[]) => Promise<T>): Promise<T> {
    try {
      return await work(endpoints.map((endpoint) => this.options.open(access, endpoint)));
    } finally {
      for (const endpoint of endpoints) this.options.forget(access, endpoint);
    }
  }
}
