/**
 * What a run of tests came to. `reasons` are the announced causes of what was skipped, `failures` name what failed, `unstable` what
 * failed among others and passed alone.
 */
export const noTotals = () => ({ passed: 0, failed: 0, skipped: 0, reasons: [], failures: [], unstable: [] });

export const addTotals = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  reasons: [...new Set([...a.reasons, ...b.reasons])],
  failures: [...a.failures, ...b.failures],
  unstable: [...a.unstable, ...b.unstable],
});

/** The totals of the files in jest's JSON result. A file that could not even run counts as one failure. */
export function totalsOfJest({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
  const broken = failedFiles(testResults).filter(({ assertionResults }) => !assertionResults.some((test) => test.status === 'failed'));
  return { ...noTotals(), passed: count('passed'), failed: count('failed') + broken.length, skipped: count('pending', 'todo', 'skipped') };
}

const failedFiles = (testResults) => testResults.filter(({ status }) => status === 'failed');

/** Most files that are run again: more of them are no accident of a busy machine. */
const MOST_RERUN = 5;

/** The files to run once more, alone: those that failed, if they are few. */
export function filesToRerun({ testResults }) {
  const failed = failedFiles(testResults).map(({ name }) => name);
  return failed.length <= MOST_RERUN ? failed : [];
}

/** The first result with what the second run of some files gave in place of what they gave at first. */
export const withRerun = (first, second) => ({
  testResults: first.testResults.map((file) => second.testResults.find(({ name }) => name === file.name) ?? file),
});

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
export const failureLines = (text) => linesAfter('FAILED', text);

/** What a suite named as failed at first and passed alone: "UNSTABLE: file › test". */
export const unstableLines = (text) => linesAfter('UNSTABLE', text);

const linesAfter = (word, text) => [
  ...new Set([...plain(text).matchAll(new RegExp(`^${word}: (.+)$`, 'gm'))].map((match) => match[1].trim())),
];

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
