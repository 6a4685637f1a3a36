/**
 * `describe` when the real part is there (`missing` is null); else the suite counts as skipped and says loudly what it lacks.
 */
export function describeIf(missing: string | null, name: string, suite: () => void): void {
  if (missing === null) {
    describe(name, suite);
    return;
  }
  // Not console.log: jest would wrap the line in a stack trace, and the test runner looks for it at the start of a line.
  process.stderr.write(`SKIPPED: ${name}: ${missing}\n`);
  describe.skip(name, suite);
}
