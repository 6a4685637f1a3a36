import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import type { HostEngine, HostJob } from '../../application/ports/host-engine';
import type { HostScope } from '../../domain/host-scope';
import { createHostEngine } from '../connectors';
import { memoryJob, type MemoryJob } from './files/fixtures/memory-job';
import { endpointOf } from './testkit/host-endpoints';

const DIRECTORY = '/srv/new';
const { signal } = new AbortController();

/** All stages between two hosts with sshd; disks and boots are the boot suite's. */
describeIf(whyNoHosts(), 'the engine for Linux hosts, into a directory', () => {
  let source: TestHost;
  let target: TestHost;
  let engine: HostEngine;

  beforeAll(async () => {
    [source, target] = await Promise.all([startHost({ name: 'source' }), startHost({ name: 'target' })]);
    engine = createHostEngine({ guard: {}, rescueFolder: '', startMs: 60_000 });
    mkdirSync(join(target.root, DIRECTORY), { recursive: true });
    writeFileSync(join(source.root, 'srv/told'), 'before');
  });
  afterAll(() => Promise.all([source, target].map((host) => host?.stop())));

  const jobOf = (scope: Partial<HostScope> = {}, changes: Partial<HostJob> = {}): MemoryJob =>
    memoryJob(
      { targetDirectory: DIRECTORY, direct: 'auto', compress: 'auto', ...scope },
      { source: endpointOf(source), target: endpointOf(target), migrationId: 'mig_0123456789abcdef0123456789abcdef', ...changes },
    );

  it('finds what stands in the way of a migration, and nothing where nothing does', async () => {
    const { scope, source: from, target: to } = jobOf();
    const { findings, inventory, estimate } = await engine.precheck(from, to, scope, signal);
    expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
    expect(inventory?.hostname).toBe('source');
    expect(estimate.bytes).toBeGreaterThan(0);
    const nowhere = await engine.precheck(from, to, { ...scope, targetDirectory: '/srv/absent' }, signal);
    expect(nowhere.findings.filter(({ severity }) => severity === 'blocker')).not.toEqual([]);
    const image = {
      id: 'image',
      location: { kind: 'image', rootPath: '/nowhere', path: 'a.raw', format: 'raw' },
      secret: from.secret,
    } as const;
    const intoImage = await engine.precheck(from, image, { ...scope, targetDirectory: '' }, signal);
    expect(intoImage.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['HOST_IMAGE_FOLDER', 'HOST_RESCUE_MISSING']));
  });

  it('carries, follows, proves and lets go', async () => {
    const job = jobOf();
    const run = (stage: keyof HostEngine['stages']) => engine.stages[stage](job, signal);
    const { estimate } = await run('prepare');
    expect(estimate?.bytes).toBeGreaterThan(0);
    await run('layout');
    const first = await run('sync');
    expect(first.prediction).toMatchObject({ files: expect.any(Number) as number });
    expect(readFileSync(join(target.root, DIRECTORY, 'srv/told'), 'utf8')).toBe('before');

    writeFileSync(join(source.root, 'srv/told'), 'after the first round');
    const { frozenAt } = await run('freeze');
    expect(frozenAt).toMatch(/^\d{4}-/);
    await run('sync');
    expect(readFileSync(join(target.root, DIRECTORY, 'srv/told'), 'utf8')).toBe('after the first round');
    const { verification } = await run('verify');
    expect(verification).toMatchObject({ equal: true, differenceCount: 0, sourceRoot: verification!.targetRoot });
    expect(verification!.sourceFiles).toBeGreaterThan(100);
    await run('convert');
    const { openedAt } = await run('boot');
    expect(Date.parse(openedAt!)).toBeGreaterThanOrEqual(Date.parse(frozenAt!));
    await run('settle');
    await run('release');
    for (const { root } of [source, target]) {
      expect(
        execFileSync('find', [join(root, 'root/.ssh'), join(root, 'tmp'), join(root, 'var/tmp'), '-name', '*smartant*'], {
          encoding: 'utf8',
        }),
      ).toBe('');
      expect(readFileSync(join(root, 'root/.ssh/authorized_keys'), 'utf8')).not.toContain('smartant-mig');
    }
  });

  it('tells what differs at the target', async () => {
    const job = jobOf({ confirmedDisks: [DIRECTORY] });
    const run = (stage: keyof HostEngine['stages']) => engine.stages[stage](job, signal);
    await run('prepare');
    await run('sync');
    writeFileSync(join(target.root, DIRECTORY, 'srv/told'), 'forged');
    const { verification } = await run('verify');
    expect(verification).toMatchObject({ equal: false, differenceCount: 1 });
    expect(verification!.differences[0]).toMatchObject({ key: '/srv/told', waived: false });
    await run('release');
  });

  it('does not rehearse where there is no room for a clone', async () => {
    await expect(engine.stages.rehearse(jobOf({ targetDirectory: '' }), signal)).rejects.toMatchObject({
      code: 'HOST_REHEARSAL_NEEDS_IMAGE',
    });
  });

  it('lists disks and directories, and probes', async () => {
    const probe = await engine.probe(endpointOf(source), signal);
    expect(probe.abilities).toContain('root');
    const { items } = await engine.discover(endpointOf(source), '/usr', { pageSize: 50, pageToken: '' }, signal);
    expect(items.map(({ path }) => path)).toContain('/usr/bin');
    expect(existsSync(join(source.root, 'usr/bin'))).toBe(true);
  });
});
