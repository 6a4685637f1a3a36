import { SEVERITIES, type Labels } from '../../domain/alert';
import type { KnownAlert } from '../../domain/known-alert';
import type { MessageAlert } from '../../domain/message';

/** At most so many alerts are listed in a message, and so many are on record as told by it. */
const LISTED = 20;
const RECORDED = 500;
const MOST_ANNOTATIONS = 32;
const LONGEST_ANNOTATION = 1_000;

/** What is to be told, gathered page by page: counters and the worst few, however many there are. */
export class Telling {
  firing = 0;
  resolved = 0;
  traceId = '';
  spanId = '';
  readonly ids: string[] = [];
  private worst: KnownAlert[] = [];

  get count(): number {
    return this.firing + this.resolved;
  }

  add(alert: KnownAlert): void {
    if (alert.status === 'firing') this.firing += 1;
    else this.resolved += 1;
    if (this.ids.length < RECORDED) this.ids.push(alert.id);
    if (this.traceId === '') [this.traceId, this.spanId] = [alert.traceId, alert.spanId];
    this.worst.push(alert);
    if (this.worst.length >= 4 * LISTED) this.worst = worstFirst(this.worst);
  }

  /** Firing before resolved, worst first, oldest first. */
  listed(): MessageAlert[] {
    return worstFirst(this.worst).map(({ id, name, status, severity, labels, annotations, startsAt, endsAt }) => ({
      id,
      name,
      status,
      severity,
      labels,
      annotations: shortened(annotations),
      startsAt,
      endsAt,
    }));
  }
}

/** A message stays small, whatever alerts it lists. */
function shortened(annotations: Labels): Labels {
  return Object.fromEntries(
    Object.entries(annotations)
      .slice(0, MOST_ANNOTATIONS)
      .map(([name, value]) => [name, value.slice(0, LONGEST_ANNOTATION).toWellFormed()]),
  );
}

function worstFirst(alerts: KnownAlert[]): KnownAlert[] {
  const rank = ({ status, severity }: KnownAlert) => (status === 'firing' ? 0 : 10) + SEVERITIES.indexOf(severity);
  return alerts.sort((a, b) => rank(a) - rank(b) || a.startsAt.getTime() - b.startsAt.getTime() || (a.id < b.id ? -1 : 1)).slice(0, LISTED);
}
