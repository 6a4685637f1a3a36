import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The module is an ES module that Node runs itself: the expression is evaluated with its exports in scope. */
function evaluate(expression: string): unknown {
  const script = `const totals = await import(${JSON.stringify(join(__dirname, 'totals.mjs'))}); console.log(JSON.stringify(${expression} ?? null));`;
  return JSON.parse(spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout);
}

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });

it('counts a file that could not run as a failure', () => {
  const result = { testResults: [file('passed', 'passed'), file('failed', 'failed', 'passed', 'pending'), file('failed')] };
  expect(evaluate(`totals.totalsOfJest(${JSON.stringify(result)})`)).toMatchObject({ passed: 2, failed: 2, skipped: 1 });
});

it('names what failed', () => {
  const result = {
    testResults: [
      { name: '/repo/a.spec.ts', status: 'failed', assertionResults: [{ status: 'failed', fullName: 'a is b' }, { status: 'passed' }] },
      { name: '/repo/b.spec.ts', status: 'failed', assertionResults: [] },
      { name: '/repo/c.spec.ts', status: 'passed', assertionResults: [{ status: 'passed' }] },
    ],
  };
  expect(evaluate(`totals.failuresOfJest(${JSON.stringify(result)}, '/repo')`)).toEqual(['a.spec.ts › a is b', 'b.spec.ts could not run']);
});

it('takes for a file what it gave when it was run again', () => {
  const named = (name: string, status: string, ...tests: string[]) => ({ name, ...file(status, ...tests) });
  const first = { testResults: [named('a', 'passed', 'passed'), named('b', 'failed', 'failed', 'passed'), named('c', 'failed')] };
  const second = { testResults: [named('b', 'passed', 'passed', 'passed'), named('c', 'failed', 'failed')] };
  const [before, after] = [JSON.stringify(first), JSON.stringify(second)];
  expect(evaluate(`totals.filesToRerun(${before})`)).toEqual(['b', 'c']);
  expect(evaluate(`totals.totalsOfJest(totals.withRerun(${before}, ${after}))`)).toMatchObject({ passed: 3, failed: 1 });
});

it('runs nothing again where much has failed', () => {
  const result = { testResults: Array.from({ length: 6 }, (_, at) => ({ name: `f${at}`, ...file('failed', 'failed') })) };
  expect(evaluate(`totals.filesToRerun(${JSON.stringify(result)})`)).toEqual([]);
});

it('reads back what failed, in colour, too, and only where a line begins with it', () => {
  const said = 'FAILED: a.spec.ts › a is b\n\u001b[31mFAILED: b.spec.ts could not run\u001b[0m\n# the step FAILED: c\n';
  expect(evaluate(`totals.failureLines(${JSON.stringify(said)})`)).toEqual(['a.spec.ts › a is b', 'b.spec.ts could not run']);
});

it('reads back the line that it writes', () => {
  expect(evaluate('totals.summaryLine({ passed: 3, failed: 0, skipped: 0 })')).toBe('3 passed, 0 failed');
  const line = evaluate('totals.summaryLine({ passed: 3, failed: 1, skipped: 2 })');
  expect(evaluate(`totals.parseSummary(${JSON.stringify(`noise\nSKIPPED: minio: not there\n${String(line)}\n`)})`)).toEqual({
    passed: 3,
    failed: 1,
    skipped: 2,
    reasons: ['minio: not there'],
    failures: [],
    unstable: [],
  });
});

it('takes no other last line for a summary', () => {
  expect(evaluate("totals.parseSummary('3 passed, 0 failed\\nand then it crashed')")).toBeNull();
});
