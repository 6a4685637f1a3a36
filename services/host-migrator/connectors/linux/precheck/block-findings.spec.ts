import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import type { HostScope } from '../../../domain/host-scope';
import type { HostInventory } from '../../../domain/inventory';
import { scopeWith } from '../../../testkit/host-scope';
import { LoopVolume, whyNoLoops } from '../blocks/fixtures/loop-volume';
import { LocalSession } from '../files/fixtures/local-session';
import { uutilsPrograms } from '../files/fixtures/uutils-programs';
import { blockFindings } from './block-findings';

const MIB = 1024 * 1024;
const { signal } = new AbortController();

describeIf(whyNoLoops(), 'findings of volumes by their blocks', () => {
  let folder: string;
  let volume: LoopVolume;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-findings-'));
    volume = LoopVolume.make(join(folder, 'volume'), 64 * MIB);
    volume.makeFileSystem();
    volume.mount();
  });
  afterAll(() => {
    volume.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const inventoryOf = (change: Partial<HostInventory['fileSystems'][number]> = {}, partition = 64 * MIB): HostInventory => {
    const uuid = volume.uuid();
    const content = { kind: 'filesystem', type: 'ext4', uuid, label: '' };
    const own = { mount: volume.point, device: volume.device, type: 'ext4', uuid, options: [], subvolume: '', sizeBytes: 1, ...change };
    return {
      disks: [{ path: '/dev/vdz', partitions: [{ path: volume.device, number: 1, sizeBytes: partition, content }] }],
      ...{ volumeGroups: [], raids: [], swaps: [], fileSystems: [own] },
    } as unknown as HostInventory;
  };
  const found = async (scope: Partial<HostScope> = {}, inventory = inventoryOf(), source = new LocalSession()) => {
    const findings = await blockFindings(
      { scope: scopeWith({ engine: 'blocks', ...scope }), source, target: null, targetDisks: [], inventory },
      signal,
    );
    return findings.map(({ severity, code }) => `${severity} ${code}`);
  };
  const STILL = 'note HOST_BLOCKS_HELD_STILL';

  it('are none of the engine "files", and a note where nothing stands in the way', async () => {
    expect(await found({ engine: 'files', exclude: ['/a'] })).toEqual([]);
    expect(await found()).toEqual([STILL]);
  });

  it('name what cannot be left out, and directories', async () => {
    expect(await found({ exclude: ['/var/cache'], targetDirectory: '/mnt/new' })).toEqual([
      'blocker HOST_BLOCKS_NEED_DISKS',
      'blocker HOST_BLOCKS_CARRY_ALL',
      STILL,
    ]);
    expect(await found({ excludeMounts: [volume.point] })).toEqual([STILL]);
  });

  it.each([
    ['another filesystem is mounted there', { uuid: '00000000-0000-0000-0000-000000000000' }, 64],
    ['nothing is mounted there', { mount: '/nowhere' }, 64],
    ['its log is elsewhere', { options: ['rw', 'logdev=/dev/vdx'] }, 64],
    ['its device is larger than what was read of it', {}, 32],
  ])('refuse a volume when %s', async (_name, change, mebibytes) => {
    expect(await found({}, inventoryOf(change, mebibytes * MIB))).toEqual(['blocker HOST_BLOCKS_UNFIT', STILL]);
  });

  it('tell where it is not known what is in use', async () => {
    expect(await found({}, inventoryOf({ type: 'vfat' }))).toEqual(['note HOST_BLOCKS_ALL', STILL]);
  });

  it('name a dd that does not read past the page cache, unless GNU’s lies beside it', async () => {
    const programs = join(folder, 'uutils');
    const session = new LocalSession(() => undefined, uutilsPrograms(programs));
    const asked = { scope: scopeWith({ engine: 'blocks' }), source: session, target: null, targetDisks: [], inventory: inventoryOf() };
    const [finding] = await blockFindings(asked, signal);
    expect(finding).toMatchObject({ severity: 'blocker', code: 'HOST_PROGRAMS_UNFIT', subject: 'source' });
    expect(finding?.message).toContain(`dd (uutils coreutils) 0.8.0 cannot read ${volume.device} past the page cache`);
    expect(finding?.hint).toContain('gnu-coreutils');
    uutilsPrograms(programs, { gnudd: true });
    expect(await found({}, inventoryOf(), session)).toEqual([STILL]);
  });

  it('name such a dd of the target, by the disks that volumes are written to', async () => {
    const programs = join(folder, 'uutils-target');
    const target = new LocalSession(() => undefined, uutilsPrograms(programs));
    const asked = { scope: scopeWith({ engine: 'blocks' }), source: new LocalSession(), target, inventory: inventoryOf() };
    const of = async (targetDisks: string[]) =>
      (await blockFindings({ ...asked, targetDisks }, signal)).filter(({ subject }) => subject === 'target');
    expect(await of([])).toEqual([]);
    expect(await of(['/dev/nowhere', volume.device])).toMatchObject([{ severity: 'blocker', code: 'HOST_PROGRAMS_UNFIT' }]);
    uutilsPrograms(programs, { gnudd: true });
    expect(await of([volume.device])).toEqual([]);
  });

  it('name programs that are missing', async () => {
    const poor = new LocalSession(() => undefined, { PATH: '/nowhere' });
    poor.run = (command, options) =>
      LocalSession.prototype.run.call(poor, ['env', 'PATH=/nowhere', '/bin/sh', ...(command as string[]).slice(1)], options);
    expect(await found({}, inventoryOf(), poor)).toEqual(['blocker HOST_PROGRAMS_UNFIT']);
  });
});
