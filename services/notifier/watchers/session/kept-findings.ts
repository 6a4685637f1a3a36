import type { Finding } from '../findings/finding';
import type { ConditionStore } from './condition-store';

/** Findings that are derived anew each time, and written when they are others than the last time. */
export class KeptFindings {
  private written: string | null = null;

  constructor(
    private readonly store: ConditionStore,
    readonly scope: string,
  ) {}

  /** Nothing is known before they were derived once. */
  get isKnown(): boolean {
    return this.written !== null;
  }

  async set(findings: readonly Finding[]): Promise<void> {
    const text = JSON.stringify(findings);
    if (text === this.written) return;
    // One object: they are replaced all together.
    await this.store.replace(
      this.scope,
      null,
      findings.map((finding) => ({ ...finding, object: '' })),
    );
    this.written = text;
  }
}
