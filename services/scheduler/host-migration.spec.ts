import { commonV1, type migratorV1 } from '@smartant/contracts';
import type { Action } from './domain/migration/phase';
import { atRest, CANARY, databaseInput, hostInput, inState, operator, Rig, until } from './fixtures/scheduler-under-test';
import { equalVerification } from './fixtures/scripted-migrator';
import type { SchedulerCore } from './scheduler-core';

const { Phase } = commonV1;

/** Migrations of hosts against a scripted host-migrator: what it is told, in which order, and what is made of its answers. */
let rig: Rig;
let core: SchedulerCore;

const FROZEN_AT = '2026-01-01T00:00:00.000Z';
const OPENED_AT = '2026-01-01T00:00:12.500Z';
const BOOT: migratorV1.BootProof = {
  startedAt: FROZEN_AT,
  answeredAfterMs: 9_000,
  probes: [{ probe: 'ssh', passed: true, detail: '' }],
  actions: [],
  console: 'the end of the console',
};
const INVENTORY = {
  hostname: 'web-01',
  os: { prettyName: 'Debian GNU/Linux 12' },
  kernel: { release: '6.1.0', architecture: 'x86_64' },
  boot: { mode: 'bios' },
  hardware: { cpus: 2, memoryBytes: 2 ** 31 },
  disks: [{ path: '/dev/vda', serial: 'SRC1', sizeBytes: 2 ** 33 }],
  fileSystems: [{ mount: '/', type: 'ext4', sizeBytes: 2 ** 32, usedBytes: 2 ** 30, files: 40_000 }],
  interfaces: [{ name: 'eth0', mac: '52:54:00:aa:00:01', driver: 'virtio_net', addresses: ['192.0.2.7/24'] }],
  databases: [],
};
const LAYOUT = { boot: 'bios', disks: [], volumeGroups: [], excluded: [] };

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started();
  const { hostMigrator } = rig;
  hostMigrator.inventory = INVENTORY;
  hostMigrator.layout = LAYOUT;
  hostMigrator.ending = ({ phase }) => ({
    ...(phase === Phase.PHASE_REHEARSAL ? { boot: BOOT } : {}),
    ...(phase === Phase.PHASE_INCREMENTAL ? { prediction: { files: 2, bytes: 20, seconds: 1.5 } } : {}),
    ...(phase === Phase.PHASE_CUTOVER ? { frozenAt: FROZEN_AT, openedAt: OPENED_AT, boot: BOOT, verification: equalVerification() } : {}),
  });
});
afterEach(() => rig.close());

const create = async (...input: Parameters<typeof hostInput>) =>
  (await core.useCases.migrations.create(operator, hostInput(...input), undefined)).id;
const act = (id: string, action: Action) => core.useCases.migrations.act(operator, id, action, {});
const phasesStarted = () => rig.hostMigrator.starts.map(({ phase }) => commonV1.phaseToJSON(phase).replace('PHASE_', '').toLowerCase());
const between = (id: string, round: number) =>
  until(core, id, (m) => m.phase === 'incremental' && m.status === 'waiting' && m.round === round);

it('goes in rounds, is rehearsed, cut over and finalized, and reports what was seen', async () => {
  const id = await create({ stopServices: ['nginx'] });
  expect(await between(id, 1)).toMatchObject({
    prediction: { files: 2, bytes: 20, seconds: 1.5 },
    inventory: { hostname: 'web-01', os: 'Debian GNU/Linux 12', disks: [{ serial: 'SRC1' }] },
    spec: { host: { layout: LAYOUT } },
  });
  await act(id, 'rehearse');
  expect(await between(id, 2)).toMatchObject({ rehearsal: { answeredAfterMs: 9_000 }, findings: [{ code: 'REHEARSAL_PROVED' }] });
  await act(id, 'cutover');
  expect(await until(core, id, inState('reversible', 'waiting'))).toMatchObject({ frozenAt: FROZEN_AT, openedAt: OPENED_AT });
  await act(id, 'finalize');
  expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded' });
  expect(phasesStarted()).toEqual(['prepare', 'full', 'incremental', 'rehearsal', 'incremental', 'cutover', 'finalize']);
  const { payload } = await core.useCases.migrations.report(operator, id);
  const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: object };
  expect(predicate).toMatchObject({
    migration: { kind: 'host' },
    downtime: { frozenAt: FROZEN_AT, openedAt: OPENED_AT, milliseconds: 12_500 },
    host: { inventory: { hostname: 'web-01' }, boot: { answeredAfterMs: 9_000, probes: [{ passed: true }] } },
  });
  expect(JSON.stringify(predicate)).not.toContain('the end of the console');
  expect(rig.hostMigrator.starts[0]).toMatchObject({
    source: { location: { $case: 'ssh', value: { host: 'old.example.com', port: 22, user: 'root' } } },
    scope: { kind: { $case: 'host', value: { stopServices: ['nginx'], confirmedDisks: ['DISK1'], layout: LAYOUT } } },
  });
  // Nobody else was asked, and nobody was told a secret.
  expect(rig.migrator.calls.concat(rig.databaseMigrator.calls)).toEqual([]);
  expect(JSON.stringify(rig.hostMigrator.starts) + rig.logLines.join('')).not.toContain(CANARY);
});

it('tells what a precheck alone found of the machine, and keeps nothing', async () => {
  expect(await core.useCases.migrations.validate(operator, hostInput())).toEqual({
    findings: [],
    estimate: { objects: 5, bytes: 50, complete: true },
    inventory: INVENTORY,
    layout: LAYOUT,
  });
  expect((await core.useCases.migrations.list(operator, {})).items).toEqual([]);
});

it('shows the commands that were run, and none of other kinds', async () => {
  rig.hostMigrator.transcript = [
    { id: '1', runId: 'run_1', host: 'source', command: "'find' '/'", startedAt: FROZEN_AT, durationMs: 5, exitCode: 0, stderr: '' },
    { id: '2', runId: 'run_1', host: 'target', command: "'mkfs'", startedAt: FROZEN_AT, durationMs: 5, exitCode: undefined, stderr: 'x' },
  ];
  const id = await create();
  await between(id, 1);
  const page = await core.useCases.migrations.transcript(operator, id, {});
  expect(page).toMatchObject({ items: [{ command: "'find' '/'", exitCode: 0 }, { exitCode: null }], nextPageToken: null });
  const database = await core.useCases.migrations.create(operator, databaseInput(), undefined);
  expect(await core.useCases.migrations.transcript(operator, database.id, {})).toEqual({ items: [], nextPageToken: null });
});

describe('of a finished image', () => {
  const IMAGE = {
    location: { kind: 'image', root: 'images', path: 'new/web-01.qcow2', format: 'qcow2' },
    secret: { kind: 'none' },
  } as const;
  const BUCKET = {
    location: { kind: 's3', serviceUrl: 'https://s3.example.com', region: 'eu', bucket: 'images', prefix: 'in/', addressing: 'path' },
    secret: { kind: 's3', accessKeyId: 'AK', secretAccessKey: CANARY },
  } as const;
  const wishes = { name: '', namespace: 'shop', storageClass: '', source: { kind: 'upload' }, networks: [] } as const;
  const viewer = { ...operator, role: 'viewer' } as const;
  const disk = { disk: 'image', sizeBytes: 2 ** 33, table: 'mbr', partitions: [] };

  const begun = async () => {
    rig.hostMigrator.layout = { ...LAYOUT, disks: [disk] };
    await core.useCases.fileRoots.add({ ...operator, role: 'admin' }, { name: 'images', path: '/srv/images' });
    const { id } = await core.useCases.migrations.create(operator, { ...hostInput(), target: IMAGE }, undefined);
    await between(id, 1);
    return id;
  };
  const notReady = expect.objectContaining({ code: 'MIGRATION_IMAGE_NOT_READY' });

  it('makes manifests of what it was and became, once it is proved', async () => {
    const { migrations } = core.useCases;
    const id = await begun();
    await expect(migrations.kubevirtManifests(viewer, id, wishes)).rejects.toEqual(notReady);
    await act(id, 'cutover');
    await until(core, id, inState('reversible', 'waiting'));
    const { items } = await migrations.kubevirtManifests(viewer, id, wishes);
    expect(items).toMatchObject([
      {
        kind: 'DataVolume',
        metadata: { name: 'web-01', namespace: 'shop', annotations: { 'smartant.io/image': 'images/new/web-01.qcow2' } },
        spec: { source: { upload: {} }, storage: { resources: { requests: { storage: '8192Mi' } } } },
      },
      {
        kind: 'VirtualMachine',
        spec: {
          template: {
            spec: {
              domain: { cpu: { cores: 2 }, memory: { guest: '2048Mi' }, firmware: { bootloader: { bios: {} } } },
              networks: [{ name: 'net0', pod: {} }],
            },
          },
        },
      },
    ]);
    await act(id, 'finalize');
    await atRest(core, id);
    expect((await migrations.kubevirtManifests(viewer, id, wishes)).items).toEqual(items);
  });

  it('makes none of what was rolled back, of disks, and of databases', async () => {
    const { migrations } = core.useCases;
    const id = await begun();
    await act(id, 'cutover');
    await until(core, id, inState('reversible', 'waiting'));
    await act(id, 'rollback');
    await atRest(core, id);
    await expect(migrations.kubevirtManifests(operator, id, wishes)).rejects.toEqual(notReady);
    const disks = await create();
    await expect(migrations.kubevirtManifests(operator, disks, wishes)).rejects.toEqual(notReady);
    const database = await migrations.create(operator, databaseInput(), undefined);
    await expect(migrations.uploadImage(operator, database.id, { target: BUCKET }, undefined)).rejects.toEqual(notReady);
  });

  it('uploads it by a migration of the one file, which ends by itself and is made once', async () => {
    const { migrations } = core.useCases;
    const id = await begun();
    await expect(migrations.uploadImage(operator, id, { target: BUCKET }, 'once')).rejects.toEqual(notReady);
    await act(id, 'cutover');
    await until(core, id, inState('reversible', 'waiting'));
    await expect(migrations.uploadImage(viewer, id, { target: BUCKET }, 'once')).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    const upload = await migrations.uploadImage(operator, id, { target: BUCKET, name: 'web to cloud' }, 'once');
    expect((await migrations.uploadImage(operator, id, { target: BUCKET, name: 'web to cloud' }, 'once')).id).toBe(upload.id);
    expect(await atRest(core, upload.id)).toMatchObject({ name: 'web to cloud', phase: 'done', status: 'succeeded' });
    expect(rig.migrator.starts[0]).toMatchObject({
      source: { location: { $case: 'file', value: { rootPath: '/srv/images', path: 'new' } } },
      target: { location: { $case: 's3', value: { bucket: 'images', prefix: 'in/' } } },
      scope: { kind: { $case: 'storage', value: { filesFrom: ['web-01.qcow2'] } } },
    });
    expect(rig.logLines.join('')).not.toContain(CANARY);
  });
});

it('gives the secret of a host to host-migrator alone', async () => {
  rig.hostMigrator.held.add(Phase.PHASE_FULL);
  const id = await create();
  const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
  const request = { runId: runId!, epoch, endpointId: spec.sourceEndpointId };
  const { secret } = await core.credentials.resolve({ ...request, caller: 'host-migrator' });
  expect(secret).toMatchObject({ kind: 'ssh', password: CANARY });
  await expect(core.credentials.resolve({ ...request, caller: 'db-migrator' })).rejects.toMatchObject({
    code: 'CREDENTIAL_CALLER_FORBIDDEN',
  });
});

it('refuses an image as a source, one host as both, and a host where no host-migrator is configured', async () => {
  await core.useCases.fileRoots.add({ ...operator, role: 'admin' }, { name: 'images', path: '/srv/images' });
  const image = { location: { kind: 'image', root: 'images', path: 'a.qcow2', format: 'qcow2' }, secret: { kind: 'none' } } as const;
  const input = hostInput();
  const creating = (change: object) => core.useCases.migrations.create(operator, { ...input, ...change }, undefined);
  await expect(creating({ source: image })).rejects.toMatchObject({ code: 'MIGRATION_SOURCE_IS_IMAGE' });
  await expect(creating({ target: input.source })).rejects.toMatchObject({ code: 'MIGRATION_SOURCE_IS_TARGET' });
  expect((await creating({ target: image })).spec.kind).toBe('host');
  const without = await rig.replica({ hostMigrator: undefined });
  await expect(without.useCases.migrations.create(operator, input, undefined)).rejects.toMatchObject({
    code: 'MIGRATOR_NOT_CONFIGURED',
    hint: expect.stringContaining('SMARTANT_HOST_MIGRATOR_ADDRESS'),
  });
});

it('lets a first key be pinned without the secret, and another one only with it', async () => {
  const [first, second] = [`SHA256:${'b'.repeat(43)}`, `SHA256:${'c'.repeat(43)}`];
  const location = { kind: 'ssh', host: 'web.example.com', port: 22, user: 'root', hostKeys: [] as string[], become: 'none' } as const;
  const { endpoints } = core.useCases;
  await endpoints.create(operator, { name: 'web', location, secret: { kind: 'ssh', password: CANARY } }, undefined);
  const pin = (hostKeys: string[], change: object = {}) =>
    endpoints.update(operator, 'web', { location: { ...location, hostKeys, ...change } });
  await expect(pin([first], { host: 'other.example.com' })).rejects.toMatchObject({ code: 'ENDPOINT_SECRET_NEEDED' });
  expect((await pin([first])).location).toMatchObject({ hostKeys: [first] });
  await expect(pin([second])).rejects.toMatchObject({ code: 'ENDPOINT_SECRET_NEEDED' });
  await expect(pin(['MD5:aa'])).rejects.toMatchObject({ code: 'ENDPOINT_INVALID', fields: [{ field: 'location.hostKeys.0' }] });
});
