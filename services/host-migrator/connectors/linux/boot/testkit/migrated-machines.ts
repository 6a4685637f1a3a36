import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgressGuard } from '@smartant/platform/egress';
import type { HostEndpoint, HostEngine, StageResult } from '../../../../application/ports/host-engine';
import type { BootProof } from '../../../../domain/boot-proof';
import type { HealthProbe, HostScope, PostAction } from '../../../../domain/host-scope';
import { createHostEngine } from '../../../connectors';
import { memoryJob, type MemoryJob } from '../../files/fixtures/memory-job';
import { cloneImage, createImage } from '../../rescue/disk-image';
import { defaultQemuSettings, type QemuSettings } from '../../rescue/qemu-settings';
import { endLeftMachine } from '../../rescue/running-machines';
import type { HostSession } from '../../session/host-session';
import { rescueFolder } from './boot-parts';
import { linesOf, manifestAction, manifestOf } from './compare-machines';
import { openTarget, sourceImage, type SourceImage } from './source-image';
import { DATA_UUID, ROOT_UUID, SECOND_HTTP_PORT } from './source-machine';
import { startMachine, startRescueMachine, type RunningMachine } from './start-machine';

const MINUTE = 60_000;
const GIB = 1024 ** 3;
const MIGRATION = `mig_${'0123456789abcdef'.repeat(2)}`;
const SERIAL = 'TARGET-0001';
const startedMs = performance.now();
const say = (text: string) => process.stderr.write(`  ${Math.round((performance.now() - startedMs) / 1000)} s: ${text}\n`);

const probes: HealthProbe[] = [
  { kind: 'ssh', timeoutMs: 5 * MINUTE },
  { kind: 'http', port: SECOND_HTTP_PORT, path: '/', expectStatus: 200, expectText: 'moved by smartant', timeoutMs: 3 * MINUTE },
  { kind: 'mount', mount: '/data', timeoutMs: 2 * MINUTE },
  { kind: 'service', name: 'nginx', timeoutMs: 2 * MINUTE },
  { kind: 'service', name: 'writer', timeoutMs: 2 * MINUTE },
];

const late: HealthProbe = {
  ...{ kind: 'http', port: SECOND_HTTP_PORT, path: '/late.html' },
  ...{ expectStatus: 200, expectText: 'written late', timeoutMs: 3 * MINUTE },
} as HealthProbe;

/** After the full copy and before the cutover: new, changed, linked, renamed and removed files. */
const WRITE_LATE = `set -e
mkdir /data/late
echo 'written late' >/var/www/html/late.html
cd /data/fixtures
echo more >>owned
ln linked-1 /data/late/linked-4
mv sparse /data/late/sparse
rm pipe
setfacl -m u:77:r acl
printf 'late' >"/data/late/$(printf 'x\\ny')"
sync`;

const LOOK = `hostname
for at in / /data; do findmnt -rno TARGET,FSTYPE,UUID "$at"; done
systemctl --failed --no-legend
stat -c 'links %h' /data/fixtures/linked-1
[ "$(stat -c %b /data/late/sparse)" -lt 1000 ] && echo sparse
[ -e /data/fixtures/pipe ] || echo removed
cat /proc/cmdline`;

/** Which of the suites of machines are asked for; null: this one is. Without a wish the two pairs of `.ci/run`. */
export function whyNotAsked(suite: 'parts' | 'product' | 'all'): string | null {
  const asked = process.env['SMARTANT_BOOT'] ?? '';
  return asked === suite || asked === 'all' ? null : `only with SMARTANT_BOOT=${suite === 'all' ? 'all' : `${suite} or all`}`;
}

/** Machines that are migrated by the engine's own stages, in the suite that calls it: they run and write, and what arrives starts. */
export function migratedMachines() {
  const { signal } = new AbortController();
  const guard = createEgressGuard({ allowLoopback: true, allow: [], deny: [] });
  let folder: string;
  let machinesFolder: string;
  let settings: QemuSettings;
  let engine: HostEngine;
  const machines: RunningMachine[] = [];
  /** What was run at both ends in one test. */
  const commands: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-product-'));
    settings = await defaultQemuSettings();
    mkdirSync(join(folder, 'images'));
    machinesFolder = join(folder, 'machines');
    engine = createHostEngine({ guard, rescueFolder: rescueFolder(), machinesFolder, startMs: 20 * MINUTE, rehearsalHoldSeconds: 900 });
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.kill();
    commands.length = 0;
    // Of a test that failed.
    for (const suffix of ['', '-boot', '-rehearsal']) await endLeftMachine(machinesFolder, `${MIGRATION}${suffix}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const newFolder = () => mkdtempSync(join(folder, 'disk-'));

  async function startSource(boot: 'bios' | 'uefi'): Promise<{ machine: RunningMachine; access: SourceImage }> {
    const access = await sourceImage(boot, settings, signal);
    const disk = await cloneImage(access.image, join(newFolder(), 'source.qcow2'), settings, signal);
    const machine = await startMachine(
      { name: `source-${boot}`, folder, disk: { ...disk, serial: 'source' }, boot },
      access,
      settings,
      signal,
    );
    machines.push(machine);
    say(`the source answers (after ${machine.answeredAfterMs} ms)`);
    return { machine, access };
  }

  /** A machine that runs, with a system of its own: the source's, from before it was used. */
  async function startSecond(access: SourceImage): Promise<RunningMachine> {
    const disk = await cloneImage(access.image, join(newFolder(), 'second.qcow2'), settings, signal);
    const machine = await startMachine(
      { name: 'second', folder, disk: { ...disk, serial: SERIAL }, boot: 'bios' },
      access,
      settings,
      signal,
    );
    machines.push(machine);
    say(`the machine that is to be taken over answers (after ${machine.answeredAfterMs} ms)`);
    return machine;
  }

  async function startTarget(): Promise<RunningMachine> {
    const disk = { path: join(newFolder(), 'target.qcow2'), format: 'qcow2', serial: SERIAL } as const;
    await createImage({ ...disk, sizeBytes: 6 * GIB }, settings, signal);
    const machine = await startRescueMachine({ name: 'target', folder, disk, boot: 'bios' }, settings, signal);
    machines.push(machine);
    say(`the rescue system answers (after ${machine.answeredAfterMs} ms)`);
    return machine;
  }

  function jobOf(source: HostEndpoint, target: HostEndpoint, scope: Partial<HostScope>): MemoryJob {
    return memoryJob(
      {
        ...{
          stopServices: ['writer.service'],
          hostname: 'moved',
          serialConsole: true,
          verify: 'content',
          compress: 'auto',
          direct: 'auto',
        },
        ...{ probes, actions: [], ...scope },
      },
      {
        source,
        target,
        migrationId: MIGRATION,
        warn: (text, fields, error) => say(`${text} ${JSON.stringify(fields)} ${String(error ?? '')}`),
        transcript: ({ command }) => void commands.push(command),
      },
    );
  }

  const runner = (job: MemoryJob) => async (stage: keyof HostEngine['stages']) => {
    const fromMs = performance.now();
    const result = await engine.stages[stage](job, signal);
    say(`${stage}: ${((performance.now() - fromMs) / 1000).toFixed(1)} s`);
    return result;
  };

  async function atSource<T>({ endpoint }: RunningMachine, work: (session: HostSession) => Promise<T>): Promise<T> {
    const session = await openTarget(endpoint, signal);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  const textOf = async (session: HostSession, script: string) =>
    (await session.run(['bash', '-c', script], { signal })).stdout.toString('utf8').trim();

  /** From the stop of services to the start of the target. What was written by the service until it stopped is what arrives. */
  async function cutOver(
    job: MemoryJob,
    source: RunningMachine,
    run: ReturnType<typeof runner>,
  ): Promise<{ proof: BootProof; expected: string[] }> {
    job.phase = 'cutover';
    expect((await run('freeze')).frozenAt).toMatch(/^\d{4}-/);
    const { written, lines, expected } = await atSource(source, async (session) => ({
      written: await textOf(session, 'sha256sum </data/writer/log'),
      lines: await textOf(session, 'wc -l </data/writer/log'),
      expected: await manifestOf(session, signal),
    }));
    say('the manifest of the source is there');
    await run('sync');
    expectEqual(await run('verify'), job.scope.engine);
    await run('convert');
    const whatWasWritten: PostAction = {
      name: 'written',
      script: `[ "$(head -n ${lines} /data/writer/log | sha256sum)" = '${written}' ] && echo kept`,
      timeoutMs: MINUTE,
      required: true,
    };
    job.scope.probes = [...probes, late];
    job.scope.actions = [{ name: 'look', script: LOOK, timeoutMs: MINUTE, required: true }, whatWasWritten, manifestAction];
    const { boot: proof, openedAt } = await run('boot');
    if (!openedAt) {
      say(JSON.stringify(proof, null, 1));
      for (const machine of machines) say(await machine.console());
    }
    expect(openedAt).toMatch(/^\d{4}-/);
    return { proof: proof!, expected };
  }

  function expectEqual({ verification }: StageResult, kind: HostScope['engine']): void {
    if (!verification?.equal) say(JSON.stringify(verification, null, 1));
    expect(verification).toMatchObject({ equal: true, sourceRoot: verification?.targetRoot });
    // By blocks it is chunks that are counted.
    expect(verification!.sourceFiles).toBeGreaterThan(kind === 'files' ? 5_000 : 50);
  }

  function expectMoved({ probes: asked, actions }: BootProof, expected: string[]): void {
    expect(asked.filter(({ passed }) => !passed)).toEqual([]);
    const output = (name: string) => actions.find((action) => action.name === name)?.output ?? '';
    const seen = output('look');
    expect(seen).toContain('moved\n');
    expect(seen).toContain(`/ ext4 ${ROOT_UUID}`);
    expect(seen).toContain(`/data xfs ${DATA_UUID}`);
    expect(seen).toContain('links 4\nsparse\nremoved\n');
    expect(seen).toContain(`root=UUID=${ROOT_UUID}`);
    expect(output('written')).toBe('kept\n');
    expect(expected.length).toBeGreaterThan(5);
    expect(linesOf(output('manifest'))).toEqual(expected);
  }

  /** /data is a logical volume with room beside it: it is never held still; / is a partition. */
  function expectSnapshots(): void {
    expect(commands.filter((command) => command.includes('lvcreate') && command.includes('vg0/data'))).not.toEqual([]);
    const held = commands.filter((command) => command.includes('fsfreeze -f'));
    expect(held.some((command) => / \/data /.test(command))).toBe(false);
    expect(held).not.toEqual([]);
  }

  async function expectNothingLeft(source: RunningMachine): Promise<void> {
    const left = await atSource(source, (session) =>
      textOf(
        session,
        'find /root /tmp /var/tmp /run /dev/shm -xdev -name "*smartant*"; grep smartant-mig /root/.ssh/authorized_keys; lvs --noheadings -o lv_name | grep smartant; true',
      ),
    );
    expect(left).toBe('');
  }

  async function moveToDisk(
    { source, access, target }: { source: RunningMachine; access: SourceImage; target: RunningMachine },
    scope: Partial<HostScope>,
  ): Promise<void> {
    const job = jobOf(source.endpoint, target.endpoint, { confirmedDisks: [SERIAL], ...scope });
    const run = runner(job);
    const { findings } = await engine.precheck(job.source, job.target, job.scope, signal);
    say(`precheck: ${findings.map(({ severity, code }) => `${severity} ${code}`).join(', ')}`);
    expect(findings.filter(({ severity }) => severity === 'blocker')).toEqual([]);
    for (const stage of ['prepare', 'layout', 'sync'] as const) await run(stage);
    await atSource(source, (session) => session.run(['bash', '-c', WRITE_LATE], { signal }));
    const { proof, expected } = await cutOver(job, source, run);
    expectMoved(proof, expected);
    // The target is a machine of its own at its own address, with the source's keys.
    const moved = {
      ...target.endpoint,
      ...{ location: { ...target.endpoint.location, hostKeys: access.hostKeys } },
      secret: source.endpoint.secret,
    };
    const session = await openTarget(moved as HostEndpoint, signal);
    expect(await textOf(session, 'hostname')).toBe('moved');
    session.close();
    await run('settle');
    await run('release');
    await expectNothingLeft(source);
  }

  /** A machine that starts by UEFI, into an image: rehearsed, cut over, and started from that. */
  async function moveToImage(kind: HostScope['engine']): Promise<void> {
    const { machine: source } = await startSource('uefi');
    const target: HostEndpoint = {
      id: 'image',
      location: { kind: 'image', rootPath: join(folder, 'images'), path: 'moved.qcow2', format: 'qcow2' },
      secret: async () => ({ kind: 'none' }),
    };
    const job = jobOf(source.endpoint, target, { sshHostKeys: 'new', machineId: 'new', engine: kind });
    const run = runner(job);
    for (const stage of ['prepare', 'layout', 'sync'] as const) await run(stage);
    const rehearsed = await run('rehearse');
    expect(rehearsed.boot?.answeredAfterMs).toBeGreaterThan(0);
    expect(rehearsed.boot?.probes.filter(({ passed }) => !passed)).toEqual([]);
    await atSource(source, (session) => session.run(['bash', '-c', WRITE_LATE], { signal }));
    const { proof, expected } = await cutOver(job, source, run);
    expectMoved(proof, expected);
    await run('settle');
    await run('release');
    await expectNothingLeft(source);
  }

  return { commands, startSource, startSecond, startTarget, moveToDisk, moveToImage, expectSnapshots };
}
