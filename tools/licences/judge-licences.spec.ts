import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

function judge(packages: Record<string, { licenses: string | string[] }>): {
  accepted: [string, number][];
  refused: { name: string; licence: string }[];
} {
  const script = `const { judgeLicences } = await import(${JSON.stringify(join(__dirname, 'judge-licences.mjs'))}); console.log(JSON.stringify(judgeLicences(${JSON.stringify(packages)})));`;
  return JSON.parse(spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout);
}

it.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-only)', 'MIT AND BSD-3-Clause', 'MIT*', '(Apache-2.0 AND BSD-3-Clause)'])(
  'accepts %s',
  (licenses) => {
    expect(judge({ 'a@1.0.0': { licenses } }).refused).toEqual([]);
  },
);

it.each(['GPL-3.0-only', 'AGPL-3.0', 'MIT AND GPL-2.0', 'UNKNOWN', 'Custom: LICENSE', 'UNLICENSED', 'SSPL-1.0'])(
  'refuses %s',
  (licenses) => {
    expect(judge({ 'a@1.0.0': { licenses }, 'b@1.0.0': { licenses: 'MIT' } }).refused).toEqual([{ name: 'a@1.0.0', licence: licenses }]);
  },
);
