import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The module is an ES module that Node runs itself. What the step prints comes before the line with its totals. */
function runStep(script: string): unknown {
  const step = { name: 'suite', command: [process.execPath, '-e', script], limitMs: 20_000 };
  const source = `const { runStep } = await import(${JSON.stringify(join(__dirname, 'run-step.mjs'))});
    console.log('\\n' + JSON.stringify(await runStep(${JSON.stringify(step)})));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

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
