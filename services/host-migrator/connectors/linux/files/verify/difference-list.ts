import type { HostDifference } from '../../../../domain/verification';

/** Differences that are told; all are counted. */
const TOLD = 1_000;

/** Logs and caches that a running system writes by itself, also when its services are stopped. Nothing that somebody may have put there: no home, no spool. */
const RESTLESS = /^\/(?:var\/(?:log|cache|lib\/(?:systemd|chrony|dhcp|NetworkManager|rsyslog|logrotate))\/|etc\/(?:adjtime|mtab)$)/;

export interface Found extends Omit<HostDifference, 'waived'> {
  /** The source has changed it since the last round began. */
  changedSince: boolean;
}

/** Differences of two trees: a sample of them, and their number. */
export class DifferenceList {
  readonly told: HostDifference[] = [];
  count = 0;
  waived = 0;

  /**
   * `waivedFiles`: on the record. `expected`: why a difference of a path is none of the copy's, by whoever knows; null: it is one.
   */
  constructor(
    private readonly waivedFiles: ReadonlySet<string>,
    private readonly expected: (path: string) => string | null,
  ) {}

  /** Whether it is explained: then what it is about belongs into neither root, so that roots of both sides are equal all the same. */
  add({ changedSince, ...found }: Found): boolean {
    const reason = this.reasonFor(found.key, changedSince);
    this.count += 1;
    if (reason !== null) this.waived += 1;
    if (this.told.length < TOLD) {
      this.told.push({ ...found, detail: reason === null ? found.detail : `${found.detail} (${reason})`, waived: reason !== null });
    }
    return reason !== null;
  }

  get equal(): boolean {
    return this.count === this.waived;
  }

  private reasonFor(key: string, changedSince: boolean): string | null {
    const path = key.split('\n')[0] ?? key;
    if (this.waivedFiles.has(path)) return 'waived on the record';
    if (changedSince && RESTLESS.test(path)) return 'a log or cache that the source went on writing';
    return this.expected(path);
  }
}
