import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

function judge(output: string): { outcome: string; lines: string[] } {
  const script = `const { judgeAudit } = await import(${JSON.stringify(join(__dirname, 'judge-audit.mjs'))}); console.log(JSON.stringify(judgeAudit(${JSON.stringify(output)})));`;
  return JSON.parse(spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout);
}
const report = (...severities: string[]) =>
  JSON.stringify({
    vulnerabilities: Object.fromEntries(
      severities.map((severity, n) => [`p${n}`, { name: `p${n}`, severity, range: '<2', fixAvailable: true }]),
    ),
  });

it.each([
  ['nothing', report(), 'passed', 0],
  ['what is mild', report('low', 'moderate'), 'passed', 2],
  ['what is severe', report('low', 'high'), 'failed', 2],
  ['what is critical', report('critical'), 'failed', 1],
  ['an endpoint that is not there', JSON.stringify({ message: '405 Method Not Allowed', error: { summary: '' } }), 'unanswered', 1],
  ['no report', '', 'unanswered', 1],
])('judges %s', (_name, output, outcome, lines) => {
  const verdict = judge(output);
  expect(verdict.outcome).toBe(outcome);
  expect(verdict.lines).toHaveLength(lines);
});
