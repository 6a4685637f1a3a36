import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostEngine, HostJob } from '../../../application/ports/host-engine';
import type { HostScope } from '../../../domain/host-scope';
import { createHostEngine } from '../../connectors';
import { memoryJob, type MemoryJob } from '../files/fixtures/memory-job';
import { openHostSession } from '../session/host-session';
import { workMark } from '../session/work-mark';
import { endpointOf } from '../testkit/host-endpoints';
import { fenceTarget } from './fence-target';

const { signal } = new AbortController();
const UNITS = 'var/lib/units';

/** Keeps the states of units in files; one whose name begins with "broken" does not start. */
const SYSTEMCTL = `#!/bin/sh
verb=$1; for unit; do :; done; f=/${UNITS}/$unit
case $verb in
is-active) [ -f "$f" ] && cat "$f" || echo unknown; grep -qx active "$f" 2>/dev/null || exit 3;;
stop) echo inactive >"$f";;
start) case $unit in broken*) echo "no such luck" >&2; exit 1;; esac; echo active >"$f";;
esac
`;

describeIf(whyNoHosts(), 'the stages for Linux hosts', () => {
  let source: TestHost;
  let target: TestHost;
  let engine: HostEngine;

  beforeAll(async () => {
    [source, target] = await Promise.all([startHost({ name: 'source' }), startHost({ name: 'target' })]);
    engine = createHostEngine({ guard: {}, rescueFolder: '', startMs: 60_000 });
    mkdirSync(join(source.root, UNITS), { recursive: true });
    writeFileSync(join(source.root, 'usr/local/bin/systemctl'), SYSTEMCTL, { mode: 0o755 });
  });
  afterAll(() => Promise.all([source, target].map((host) => host?.stop())));

  const jobOf = (scope: Partial<HostScope> = {}, changes: Partial<HostJob> = {}): MemoryJob =>
    memoryJob({ targetDirectory: '/srv/new', ...scope }, { source: endpointOf(source), target: endpointOf(target), ...changes });
  const unit = (name: string, state?: string): string => {
    const path = join(source.root, UNITS, name);
    if (state !== undefined) writeFileSync(path, `${state}\n`);
    return readFileSync(path, 'utf8').trim();
  };
  const hostState = (job: MemoryJob) => job.stored['host'] as Record<string, unknown>;

  it('starts the services again when a cutover is cancelled that follows one which had proved its target', async () => {
    unit('web', 'active');
    const job = jobOf({ stopServices: ['web'] });
    job.stored = { host: { opened: true } };
    await engine.stages.freeze(job, signal);
    expect(unit('web')).toBe('inactive');
    await engine.stages.release(job, signal);
    expect(unit('web')).toBe('active');
  });

  it('stops what is about to run, and leaves alone what does not', async () => {
    unit('crashing', 'activating');
    unit('off', 'inactive');
    const job = jobOf({ stopServices: ['crashing', 'off', 'absent'] });
    await engine.stages.freeze(job, signal);
    expect(unit('crashing')).toBe('inactive');
    expect(hostState(job)['stopped']).toEqual(['crashing']);
  });

  it('starts every service again although one does not start, and remembers that one', async () => {
    for (const name of ['first', 'broken', 'last']) unit(name, 'active');
    const job = jobOf({ stopServices: ['first', 'broken', 'last'] });
    await engine.stages.freeze(job, signal);
    await expect(engine.stages.reopen(job, signal)).rejects.toMatchObject({ code: 'HOST_COMMAND_FAILED' });
    expect(['first', 'broken', 'last'].map((name) => unit(name))).toEqual(['active', 'inactive', 'active']);
    expect(hostState(job)['stopped']).toEqual(['broken']);
  });

  it('releases one end although the other does not answer', async () => {
    const name = '.smartant-mig_test';
    mkdirSync(join(target.root, 'var/tmp', name), { recursive: true });
    const location = { ...source.location, port: 1 };
    const job = jobOf({}, { source: { ...endpointOf(source), location } });
    await expect(engine.stages.release(job, signal)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    expect(readdirSync(join(target.root, 'var/tmp'))).not.toContain(name);
  });

  it('does not say that a source is cut off which was never told', async () => {
    const location = { ...source.location, port: 1 };
    const job = jobOf({ sourceAfter: 'network-off' }, { source: { ...endpointOf(source), location } });
    await expect(engine.stages.settle(job, signal)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    job.stored = { host: { settling: true } };
    await expect(engine.stages.settle(job, signal)).resolves.toEqual({});
  });

  it('tells what was proved again, and starts nothing twice', async () => {
    const proof = { openedAt: '2026-01-01T00:00:00.000Z' };
    const job = jobOf();
    job.stored = { host: { inventory: { fileSystems: [] }, opened: true, proof } };
    await expect(engine.stages.boot(job, signal)).resolves.toEqual(proof);
  });

  it.each(['/etc', '/usr/local', '/var', '/home', '/srv/link'])('does not write into %s of the target', async (targetDirectory) => {
    symlinkSync('/etc', join(target.root, 'srv/link'), 'dir');
    await expect(engine.stages.prepare(jobOf({ targetDirectory }), signal)).rejects.toMatchObject({ code: 'HOST_TARGET_DIRECTORY' });
    execFileSync('rm', [join(target.root, 'srv/link')]);
  });

  it('takes a directory that holds files only when that is confirmed, and goes on with what it has taken', async () => {
    mkdirSync(join(target.root, 'srv/new/home/lost+found'), { recursive: true });
    const job = jobOf();
    await engine.stages.prepare(job, signal);
    writeFileSync(join(target.root, 'srv/new/home/mine'), 'mine');
    await expect(engine.stages.prepare(job, signal)).resolves.toBeDefined();
    await expect(engine.stages.prepare(jobOf(), signal)).rejects.toMatchObject({ code: 'HOST_DIRECTORY_NOT_EMPTY' });
    await expect(engine.stages.prepare(jobOf({ confirmedDisks: ['/srv/new'] }), signal)).resolves.toBeDefined();
  });

  describe('when another holder takes the work over', () => {
    const holder = async (epoch: number) => {
      const job = jobOf({}, { epoch, migrationId: 'mig_fenced' });
      const tools = { guard: {}, transcript: () => undefined, host: 'target' as const, mark: workMark(job) };
      return { job, session: await openHostSession(endpointOf(target), tools, signal) };
    };

    it('ends what the former one has running at the target, nobody else’s, and refuses it from then on', async () => {
      const [former, next] = [await holder(7), await holder(8)];
      try {
        await fenceTarget(former.session, former.job, signal);
        const writing = await former.session.stream(['sh', '-c', 'cat >/srv/late'], { signal });
        const other = execFile('nsenter', ['-t', String(target.pid()), '-p', '-r', '-m', 'sleep', '600']);
        await fenceTarget(next.session, next.job, signal);
        await expect(writing.done).resolves.toMatchObject({ exitCode: 137 });
        expect(other.exitCode).toBeNull();
        other.kill('SIGKILL');
        await expect(fenceTarget(former.session, former.job, signal)).rejects.toMatchObject({ code: 'HOST_WORK_TAKEN_OVER' });
        await fenceTarget(next.session, next.job, signal);
      } finally {
        former.session.close();
        next.session.close();
      }
    });
  });
});
