import { inspect } from 'node:util';

/** Errors of a suite, so that all of them can be looked through for secrets. */
export class SeenErrors {
  private readonly all: unknown[] = [];

  /** What `work` raises; a work that succeeds is a failure of the test. */
  async of(work: Promise<unknown>): Promise<Record<string, unknown>> {
    const outcome = await work.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (!('error' in outcome)) throw new Error(`It was expected to fail, and gave ${JSON.stringify(outcome.value)}.`);
    this.all.push(outcome.error);
    return outcome.error as Record<string, unknown>;
  }

  get count(): number {
    return this.all.length;
  }

  /** Everything that a log or an answer could show of them: fields, causes, stacks. */
  text(): string {
    return this.all
      .map((error) => `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)} ${String(error)}`)
      .join('\n');
  }
}
