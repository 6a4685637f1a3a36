import type { BrowsePage, OpenStorage, StorageConnector } from '@smartant/connectors';
import { toSmartantError } from '@smartant/kernel';
import type { Access, Finding } from '@smartant/runs';
import type { Endpoint, StorageScope } from '../../domain/run';
import type { SecretSource } from '../ports/secrets';
import { applyFixes } from './apply-fixes';
import { estimateScope, type Estimate } from './estimate-scope';
import { precheck, type PrecheckResult } from './precheck';

export interface ProbeView {
  reachable: boolean;
  abilities: string[];
  findings: Finding[];
  roundTripMs: number;
}

/** An estimate by call has 60 s; what it found by then is a lower bound. */
const ESTIMATE_MS = 45_000;
const LARGEST_PAGE = 1_000;

/** Questions about endpoints, answered without a run. */
export class Probing {
  constructor(
    private readonly openStorage: OpenStorage,
    private readonly secrets: SecretSource,
  ) {}

  /** Reaches an endpoint and signs in. What goes wrong is a finding, not an error. */
  probe(endpoint: Endpoint, access: Access, signal: AbortSignal): Promise<ProbeView> {
    return this.using(endpoint, access, undefined, async (connector) => {
      try {
        const { abilities, roundTripMs } = await connector.reader.probe(signal);
        // Whole ones: a clock tells fractions, which the message has no place for.
        return { reachable: true, abilities, findings: [], roundTripMs: Math.round(roundTripMs) };
      } catch (thrown) {
        const { code, message, hint = '' } = toSmartantError(thrown);
        return {
          reachable: false,
          abilities: [],
          findings: [{ severity: 'blocker', code, message, hint, subject: 'both' }],
          roundTripMs: 0,
        };
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
  ): Promise<BrowsePage> {
    const size = Math.min(pageSize || LARGEST_PAGE, LARGEST_PAGE);
    return this.using(endpoint, access, undefined, ({ reader }) => reader.browse(path, size, pageToken || undefined, signal));
  }

  estimate(source: Endpoint, scope: StorageScope, access: Access, signal: AbortSignal): Promise<Estimate> {
    return this.using(source, access, scope, ({ reader }) => estimateScope(reader, scope, signal, ESTIMATE_MS));
  }

  precheck(source: Endpoint, target: Endpoint, scope: StorageScope, access: Access, signal: AbortSignal): Promise<PrecheckResult> {
    return this.using(source, access, scope, (from) => this.using(target, access, scope, (to) => precheck(from, to, scope, signal)));
  }

  /** Raises what keeps an end from being asked. */
  applyFixes(
    source: Endpoint,
    target: Endpoint,
    scope: StorageScope,
    access: Access,
    { codes }: { codes: string[] },
    signal: AbortSignal,
  ): ReturnType<typeof applyFixes> {
    return this.using(source, access, scope, (from) =>
      this.using(target, access, scope, (to) => applyFixes(from, to, scope, codes, signal)),
    );
  }

  private async using<T>(
    endpoint: Endpoint,
    access: Access,
    scope: StorageScope | undefined,
    work: (connector: StorageConnector) => Promise<T>,
  ): Promise<T> {
    const connector = this.openStorage(endpoint.location, {
      secret: (signal) => this.secrets.resolve(access, endpoint, signal),
      symlinks: scope?.symlinks,
      directoryMarkers: scope?.directoryMarkers,
    });
    try {
      return await work(connector);
    } finally {
      await connector.reader.close();
      this.secrets.forget(access, endpoint);
    }
  }
}
