import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** Builders are stand-ins that note how they are called. */
describe('building images', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-images-'));
    for (const name of ['tools/ci', 'services/scheduler', 'bin']) mkdirSync(join(folder, name), { recursive: true });
    cpSync(join(ROOT, 'tools/ci/build-images.sh'), join(folder, 'tools/ci/build-images.sh'));
    writeFileSync(join(folder, 'services/scheduler/Dockerfile'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function build(builder: string, env: Record<string, string>): string {
    const program = join(folder, 'bin', builder);
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$*" >>'${folder}/calls'\n`);
    chmodSync(program, 0o755);
    // Of the machine, nothing but what a script needs: it may have a builder.
    for (const name of ['sh', 'dirname', 'basename', 'printf', 'tr', 'mkdir']) {
      const found = ['/bin', '/usr/bin'].find((path) => readdirSync(path).includes(name));
      if (found) execFileSync('ln', ['-sf', join(found, name), join(folder, 'bin', name)]);
    }
    execFileSync('/bin/sh', [join(folder, 'tools/ci/build-images.sh')], { env: { PATH: join(folder, 'bin'), ...env }, stdio: 'pipe' });
    return readFileSync(join(folder, 'calls'), 'utf8');
  }
  const PUSHED = { REGISTRY: 'registry.example.com/smartant', TAG: '0123abc' };

  it('names them after the commit, and those of a release after it, too', () => {
    expect(build('buildctl-daemonless.sh', PUSHED)).toContain(
      '--output type=image,"name=registry.example.com/smartant/scheduler:0123abc",push=true',
    );
    expect(build('buildctl-daemonless.sh', { ...PUSHED, RELEASE: 'v1.2.3' })).toContain(
      '--output type=image,"name=registry.example.com/smartant/scheduler:0123abc,registry.example.com/smartant/scheduler:1.2.3",push=true',
    );
  });

  it('pushes both names where Docker builds, and takes no other tag for a release', () => {
    const calls = build('docker', { ...PUSHED, RELEASE: 'v1.2.3+4' }).split('\n');
    expect(calls).toEqual(
      expect.arrayContaining([
        'push registry.example.com/smartant/scheduler:0123abc',
        'push registry.example.com/smartant/scheduler:1.2.3_4',
      ]),
    );
    rmSync(join(folder, 'calls'));
    expect(build('docker', { ...PUSHED, RELEASE: 'nightly' })).not.toContain('nightly');
  });
});
