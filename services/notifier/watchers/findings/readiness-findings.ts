import { shortened, type Finding } from './finding';

/** What came of asking the API server for its readiness. */
export type Readiness =
  { readonly kind: 'answered'; readonly status: number; readonly body: string } | { readonly kind: 'unreachable'; readonly why: string };

const HOLD_SECONDS = 30;

/** A failed check is a line "[-]etcd failed: reason withheld". https://kubernetes.io/docs/reference/using-api/health-checks/ */
export function readinessFindings(readiness: Readiness): Finding[] {
  const of = (name: string, labels: Record<string, string>, annotations: Record<string, string>): Finding => ({
    ...{ name, severity: 'critical', labels, annotations, holdSeconds: HOLD_SECONDS },
  });
  if (readiness.kind === 'unreachable') return [of('api-server-unreachable', {}, { message: shortened(readiness.why) })];
  const { status, body } = readiness;
  // Who may not ask is told by the watches; the server itself answers.
  if (status === 200 || status === 401 || status === 403) return [];
  const failed = [...body.matchAll(/^\[-\](\S+) (.*)$/gm)];
  if (failed.length === 0) return [of('api-server-not-ready', {}, { status: String(status) })];
  return failed.map(([, check, words]) => of('api-server-check-failed', { check: check! }, { message: shortened(words) }));
}
