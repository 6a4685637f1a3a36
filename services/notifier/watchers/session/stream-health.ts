import type { SmartantError } from '@smartant/kernel';
import { counter, gauge } from '@smartant/platform/metrics';
import type { Logger } from '@smartant/platform/logging';
import type { Finding } from '../findings/finding';
import type { StreamNews } from '../kubernetes/list-and-watch';

const failures = counter(
  'smartant_notifier_watch_failures_total',
  'Watches of Kubernetes that ended otherwise than by the server’s own end, by stream and code',
  ['stream', 'code'],
);
const live = gauge('smartant_notifier_watch_live', 'Whether a stream of Kubernetes is followed by this replica: 1 or 0', ['stream']);

const BLIND_SECONDS = 120;

/** Which streams are followed now. Their number is bounded by what is configured; metrics are of resources, whatever namespaces there are. */
export class StreamHealth {
  private readonly states = new Map<string, 'starting' | 'live' | SmartantError>();

  constructor(private readonly logger: Logger) {}

  newsOf(scope: string, resource: string): StreamNews {
    this.states.set(scope, 'starting');
    return {
      connected: () => {
        const before = this.states.get(scope);
        this.states.set(scope, 'live');
        this.measure(resource);
        if (before !== 'live') this.logger.info({ scope }, 'A stream of the cluster is followed.');
      },
      failed: (error) => {
        failures.inc({ stream: resource, code: error.code });
        const isNew = (this.states.get(scope) as Partial<SmartantError>).code !== error.code;
        this.states.set(scope, error);
        this.measure(resource);
        if (isNew)
          this.logger[error.code === 'KUBERNETES_WATCH_EXPIRED' ? 'info' : 'warn'](
            { scope, code: error.code, err: error },
            'A stream of the cluster broke off; it is tried again.',
          );
      },
    };
  }

  get liveScopes(): string[] {
    return [...this.states].filter(([, state]) => state === 'live').map(([scope]) => scope);
  }

  isLive(resource: string): boolean {
    const of = [...this.states].filter(([scope]) => resourceOf(scope) === resource);
    return of.length > 0 && of.every(([, state]) => state === 'live');
  }

  /** What an operator should know: "events: The API server refuses to answer …". */
  concerns(): string[] {
    return this.failing().map(([scope, { message }]) => `${scope}: ${message}`);
  }

  /** Who does not see says so. That nothing can be reached is told of the API server itself, once. */
  findings(): Finding[] {
    const told = this.failing().filter(([, { code }]) => code !== 'KUBERNETES_UNREACHABLE');
    return told.map(([scope, { code, message }]) => ({
      name: 'kubernetes-watch-failing',
      severity: 'warning',
      labels: { stream: scope },
      annotations: { code, message },
      holdSeconds: BLIND_SECONDS,
    }));
  }

  /** Nothing is followed any more. */
  end(): void {
    for (const scope of this.states.keys()) live.set({ stream: resourceOf(scope) }, 0);
    this.states.clear();
  }

  private failing(): [string, SmartantError][] {
    return [...this.states].filter((entry): entry is [string, SmartantError] => typeof entry[1] !== 'string');
  }

  private measure(resource: string): void {
    live.set({ stream: resource }, this.isLive(resource) ? 1 : 0);
  }
}

const resourceOf = (scope: string) => scope.split('/')[0]!;
