import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

let cache: string;
beforeEach(() => void (cache = mkdtempSync(join(tmpdir(), 'smartant-cache-'))));
afterEach(() => rmSync(cache, { recursive: true, force: true }));

/** The module is an ES module that Node runs itself; resolves with the folder that it made. */
function makeWorkFolder(name: string): string {
  const script = `const { makeWorkFolder } = await import(${JSON.stringify(join(__dirname, 'work-folder.mjs'))});
    console.log(makeWorkFolder(${JSON.stringify(cache)}, ${JSON.stringify(name)}))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  if (stderr) throw new Error(stderr);
  return stdout.trim();
}

const there = () => readdirSync(cache).sort();
function leave(name: string, daysAgo = 0) {
  mkdirSync(join(cache, name));
  const seconds = Date.now() / 1000 - daysAgo * 86_400 - 60;
  utimesSync(join(cache, name), seconds, seconds);
}

it('takes away what a process left behind that was killed while it filled its own', () => {
  const first = makeWorkFolder('postgres-15');
  expect(there()).toEqual([expect.stringMatching(new RegExp(`^postgres-15\\.part-${hostname()}-\\d+-\\w{6}$`))]);
  const second = makeWorkFolder('kafka-3.9.1');
  expect(first).not.toBe(second);
  expect(there()).toEqual([second.slice(cache.length + 1)]);
});

it('leaves those of processes that run, and of other machines on the same cache', () => {
  const kept = [`mesh.part-${hostname()}-${process.pid}-abc123`, 'mesh.part-another-machine-1-abc123'];
  for (const name of kept) leave(name);
  expect(there()).toEqual(expect.arrayContaining(kept));
  makeWorkFolder('helm');
  expect(there()).toEqual(expect.arrayContaining(kept));
});

it('takes away those that nobody signed, and of other machines, when they are a day old', () => {
  const unsigned = [
    'postgres-12.part-a1b2C3',
    'build-Nc19T9',
    'build-mesh-kB8T9i',
    '.jenkins-a1b2C3',
    'helm.part-another-machine-1-abc123',
  ];
  for (const name of unsigned) leave(name, 2);
  leave('postgres-13.part-a1b2C3');
  makeWorkFolder('helm');
  expect(there()).toEqual([expect.stringMatching(/^helm\.part-/), 'postgres-13.part-a1b2C3']);
});

it('touches nothing that is whole', () => {
  const whole = ['bin', 'kafka-3.9.1', 'kubernetes-schemas', 'mesh-0123456789ab', 'postgres-15', 'rescue-0123456789ab'];
  for (const name of whole) leave(name, 400);
  writeFileSync(join(cache, 'build-abc123'), 'a file');
  makeWorkFolder('helm');
  expect(there()).toEqual(expect.arrayContaining([...whole, 'build-abc123']));
});
