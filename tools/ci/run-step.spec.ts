import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The module is an ES module that Node runs itself. What it prints comes before the line with what the expression comes to. */
function evaluate(expression: string): unknown {
  const source = `const { closingText, runStep } = await import(${JSON.stringify(join(__dirname, 'run-step.mjs'))});
    console.log('\\n' + JSON.stringify(${expression}));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

const runStep = (script: string, limitMs = 20_000) =>
  evaluate(`await runStep(${JSON.stringify({ name: 'suite', command: [process.execPath, '-e', script], limitMs })})`);

it('takes the totals that a command ends in, also when its standard error is heard later', () => {
  const script = `console.error('SKIPPED: a server: not there'); console.log('7 passed, 2 failed, 1 skipped');
    process.exitCode = 1; setTimeout(() => console.error('Force exiting'), 300);`;
  expect(runStep(script)).toMatchObject({ passed: 7, failed: 2, skipped: 1, reasons: ['a server: not there'], ok: false });
});

it('counts a command without totals as one, and a failure after good totals as a failure', () => {
  expect(runStep(`console.log('fine')`)).toMatchObject({ passed: 1, failed: 0, ok: true });
  expect(runStep(`process.exitCode = 3`)).toMatchObject({ passed: 0, failed: 1, ok: false });
  expect(runStep(`console.log('7 passed, 0 failed'); process.exitCode = 3`)).toMatchObject({ passed: 7, failed: 1, ok: false });
});

it('names what failed as the command did, after the step; the step alone where it named nothing', () => {
  const named = `console.log('FAILED: a.spec.ts › a is b\\nFAILED: b.spec.ts could not run\\n7 passed, 2 failed'); process.exitCode = 1`;
  expect(runStep(named)).toMatchObject({ failures: ['suite: a.spec.ts › a is b', 'suite: b.spec.ts could not run'] });
  expect(runStep(`process.exitCode = 3`)).toMatchObject({ failures: ['suite'] });
  expect(runStep(`console.log('FAILED: heard of elsewhere'); console.log('7 passed, 0 failed')`)).toMatchObject({ failures: [] });
  expect(runStep(`setInterval(() => {}, 1000)`, 300)).toMatchObject({
    failed: 1,
    failures: ['suite: not done after 0 min'],
    line: expect.stringContaining('suite: FAILED: not done after 0 min') as string,
  });
});

it('says at the very end what was skipped and what failed, before the totals', () => {
  const failures = ['npm test: a.spec.ts › a is b'];
  const totals = { passed: 3, failed: 1, skipped: 1, reasons: ['minio: not there'], failures, unstable: ['npm test: b.spec.ts › c'] };
  expect(evaluate(`closingText(['lint: ok (1.0 s)', 'npm test: FAILED (2.0 s)'], ${JSON.stringify(totals)})`)).toBe(
    [
      '\nlint: ok (1.0 s)\nnpm test: FAILED (2.0 s)\n',
      'SKIPPED: minio: not there',
      'UNSTABLE: npm test: b.spec.ts › c',
      'FAILED: npm test: a.spec.ts › a is b\n',
      '3 passed, 1 failed, 1 skipped',
    ].join('\n'),
  );
});
