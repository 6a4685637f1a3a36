/** What a run of tests came to. `reasons` are the announced causes of what was skipped, `failures` name what failed. */
export const noTotals = () => ({ passed: 0, failed: 0, skipped: 0, reasons: [], failures: [] });

export const addTotals = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  reasons: [...new Set([...a.reasons, ...b.reasons])],
  failures: [...a.failures, ...b.failures],
});

/** The totals of jest's JSON result. A file that could not even run counts as one failure. */
export function totalsOfJest(result) {
  const broken = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    ...noTotals(),
    passed: result.numPassedTests,
    failed: result.numFailedTests + broken.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** Path and name of what failed, one line each. */
export const failuresOfJest = (result, root) =>
  result.testResults.flatMap(({ name, status, assertionResults }) => {
    if (status !== 'failed') return [];
    const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
    const failed = assertionResults.filter((test) => test.status === 'failed');
    return failed.length > 0 ? failed.map(({ fullName }) => `${file} › ${fullName}`) : [`${file} could not run`];
  });

/** The plain last line of every suite. */
export const summaryLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** What a suite named as failed, as it is said in its last lines: "FAILED: file › test". */
export const failureLines = (text) => [...new Set([...plain(text).matchAll(/^FAILED: (.+)$/gm)].map((match) => match[1].trim()))];

/** Reads a summary line back; undefined when the text ends in none. */
export function parseSummary(text) {
  const lines = text.trimEnd().split('\n');
  const match = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(lines.at(-1) ?? '');
  if (!match) return undefined;
  return { ...noTotals(), passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0), reasons: skipReasons(text) };
}

/** The reasons that tests announced as "SKIPPED: reason". */
export const skipReasons = (text) => [...new Set([...plain(text).matchAll(/SKIPPED: (.+)/g)].map((match) => match[1].trim()))];

/** Without what colours a terminal. */
function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}
