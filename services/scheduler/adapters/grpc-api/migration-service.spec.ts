import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { commonV1, migrationV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { issueCertificate, readTlsMaterial } from '@smartant/platform/tls';
import { freePort } from '@smartant/test-servers';
import type { Refusal } from '../../application/audit/refusal-log';
import { RecordedUseCases } from '../http/fixtures/recorded-use-cases';
import { sampleMigration } from '../http/fixtures/sample-values';
import { GrpcApiModule } from './index';

const recorded = new RecordedUseCases();
const noted: Refusal[] = [];
let app: INestApplication;
let client: RpcClient<typeof migrationV1.MigrationServiceService>;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-grpc-api-'));
  const tls = async (name: string) => readTlsMaterial(await issueCertificate(folder, name));
  const address = `127.0.0.1:${await freePort()}`;
  app = await NestFactory.create(
    GrpcApiModule.register({ useCases: recorded.useCases, refusals: { note: (refusal) => void noted.push(refusal) } }),
    { logger: false },
  );
  const services = { 'smartant.migration.v1.MigrationService': migrationV1.MigrationServiceService };
  await startGrpcServer(app, { services, url: address, tls: await tls('scheduler') });
  client = createRpcClient(migrationV1.MigrationServiceClient, { address, tls: await tls('internal-client'), serverName: 'scheduler' });
});
beforeEach(() => {
  recorded.reset();
  noted.length = 0;
});
afterAll(async () => {
  client.close();
  await app.close();
});

const caller = {
  userId: 'service:internal-client',
  workspaceId: 'ws_default',
  role: 'operator',
  origin: { address: expect.any(String), credential: 'service', traceId: null },
};
const create = (changes: Partial<migrationV1.CreateMigrationRequest> = {}) =>
  client.createMigration(
    migrationV1.CreateMigrationRequest.fromPartial({
      workspaceId: 'default',
      sourceEndpointId: 'ep_1',
      targetEndpointId: 'ep_2',
      ...changes,
    } as never),
  );

it('creates a migration with defaults for what is not said, in the workspace that is named', async () => {
  const { migration } = await create({ requestId: 'req-1', name: 'photos' });
  expect(migration).toMatchObject({
    id: sampleMigration().id,
    version: 7,
    phase: commonV1.Phase.PHASE_FULL,
    status: commonV1.Status.STATUS_RUNNING,
  });
  expect(migration?.ledger?.skippedByReason).toEqual({ SYMLINK: 2 });
  const call = recorded.calls.find(({ name }) => name === 'migrations.create');
  expect(call?.args[0]).toEqual(caller);
  expect(call?.args[1]).toMatchObject({
    name: 'photos',
    source: { endpoint: 'ep_1' },
    target: { endpoint: 'ep_2' },
    spec: {
      storage: { deletePolicy: 'auto', maxDeletes: 1_000, verify: 'content', directoryMarkers: true },
      cutover: { mode: 'manual' },
    },
  });
  expect(call?.args[2]).toBe('req-1');
});

it('takes over what is said', async () => {
  await create({
    automaticCutover: true,
    sourceFrozen: true,
    limits: { bytesPerSecond: 5, requestsPerSecond: 6, concurrency: 7, calendar: undefined },
    scope: {
      kind: {
        $case: 'storage',
        value: commonV1.StorageScope.fromPartial({
          include: ['a/**'],
          deletePolicy: commonV1.DeletePolicy.DELETE_POLICY_KEEP,
          symlinks: commonV1.SymlinkPolicy.SYMLINK_POLICY_FOLLOW,
          verify: commonV1.VerifyLevel.VERIFY_LEVEL_INVENTORY,
          maxDeletes: 9,
        }),
      },
    },
  });
  expect(recorded.calls.find(({ name }) => name === 'migrations.create')?.args[1]).toMatchObject({
    spec: {
      storage: { include: ['a/**'], deletePolicy: 'keep', symlinks: 'follow', verify: 'inventory', maxDeletes: 9, quarantineCap: 1_000 },
      limits: { bytesPerSecond: 5, requestsPerSecond: 6, concurrency: 7 },
      cutover: { mode: 'automatic', sourceFrozen: true },
    },
  });
});

it('takes a database over, with what is left out as usual', async () => {
  const value = commonV1.DatabaseScope.fromPartial({
    includeSchemas: ['app'],
    mode: commonV1.DatabaseMode.DATABASE_MODE_SNAPSHOT,
    targetPolicy: commonV1.TargetPolicy.TARGET_POLICY_APPEND,
  });
  await create({ scope: { kind: { $case: 'database', value } } });
  const { spec } = recorded.calls.find(({ name }) => name === 'migrations.create')?.args[1] as { spec: object };
  expect(spec).toMatchObject({
    kind: 'database',
    database: { includeSchemas: ['app'], mode: 'snapshot', targetPolicy: 'append', verify: 'content', reverse: false, quarantineCap: 100 },
  });
  expect(spec).not.toHaveProperty('storage');
});

it('reads one migration, and a page of them', async () => {
  expect((await client.getMigration({ workspaceId: 'default', id: 'mig_1' })).migration?.name).toBe('photos to cloud');
  const page = await client.listMigrations({ workspaceId: 'default', pageSize: 5, pageToken: 't' });
  expect(page).toMatchObject({ migrations: [{ name: 'photos to cloud' }], nextPageToken: '' });
  expect(recorded.calls.find(({ name }) => name === 'migrations.list')?.args).toEqual([caller, { pageSize: 5, pageToken: 't' }]);
});

it.each(['PAUSE', 'RESUME', 'CANCEL', 'CUTOVER', 'FINALIZE', 'ROLLBACK', 'RETRY'])(
  'passes on the action %s with its request id',
  async (name) => {
    const action = migrationV1.controlMigrationRequest_ActionFromJSON(`ACTION_${name}`);
    await client.controlMigration({ workspaceId: 'default', id: 'm', action, requestId: 'req-2', sourceFrozen: true });
    const options = name === 'CUTOVER' ? { requestId: 'req-2', sourceFrozen: true } : { requestId: 'req-2' };
    expect(recorded.calls.find((call) => call.name === 'migrations.act')?.args).toEqual([caller, 'm', name.toLowerCase(), options]);
  },
);

it.each([
  ['no workspace', () => create({ workspaceId: '' }), 'workspace_id'],
  ['no source', () => create({ sourceEndpointId: '' }), 'source_endpoint_id'],
  ['no id', () => client.getMigration({ workspaceId: 'default', id: '' }), 'id'],
  [
    'no action',
    () => client.controlMigration({ workspaceId: 'default', id: 'm', action: 0, requestId: '', sourceFrozen: false }),
    'action',
  ],
  [
    'a policy of a newer client',
    () => create({ scope: { kind: { $case: 'storage', value: commonV1.StorageScope.fromPartial({ deletePolicy: 99 as never }) } } }),
    'scope.storage.delete_policy',
  ],
  ['a page that is too large', () => client.listMigrations({ workspaceId: 'default', pageSize: 201, pageToken: '' }), 'page_size'],
  ['an endless request id', () => create({ requestId: 'x'.repeat(129) }), 'request_id'],
])('refuses %s', async (_name, ask, field) => {
  await expect(ask()).rejects.toMatchObject({ code: 'REQUEST_INVALID', kind: 'invalid', fields: [{ field }] });
  expect(recorded.calls.filter(({ name }) => name.startsWith('migrations.'))).toEqual([]);
});

it('answers with the code and the details of what a use case raises', async () => {
  const notAllowed = new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', 'Not now.', { kind: 'precondition', hint: 'Wait.' });
  recorded.answer({ migrations: { act: () => Promise.reject(notAllowed) } });
  const asked = client.controlMigration({ workspaceId: 'default', id: 'm', action: 1, requestId: '', sourceFrozen: false });
  await expect(asked).rejects.toMatchObject({ code: 'MIGRATION_ACTION_NOT_ALLOWED', kind: 'precondition' });
});

describe('a refusal inside of a use case', () => {
  const forbidden = new SmartantError('ROLE_FORBIDDEN', 'Viewers can look.', { kind: 'forbidden', hint: 'Ask.' });
  const refuse = () => Promise.reject(forbidden);
  const told = (rpc: string, workspaceId: string | null = 'ws_default', code = 'ROLE_FORBIDDEN') => ({
    actor: { userId: 'service:internal-client', origin: { address: '127.0.0.1', credential: 'service', traceId: null } },
    action: 'operation.call',
    workspaceId,
    target: { kind: 'operation', id: `/smartant.migration.v1.MigrationService/${rpc}`, name: null },
    code,
  });

  it('is noted for the trail of the workspace, as one over REST is', async () => {
    recorded.answer({ migrations: { create: refuse, act: refuse, get: refuse, list: refuse } });
    const asked = { workspaceId: 'default', id: 'm' };
    await expect(create()).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    await expect(client.getMigration(asked)).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    await expect(client.listMigrations({ workspaceId: 'default', pageSize: 5, pageToken: '' })).rejects.toThrow();
    await expect(client.controlMigration({ ...asked, action: 1, requestId: '', sourceFrozen: false })).rejects.toThrow();
    expect(noted).toEqual(['CreateMigration', 'GetMigration', 'ListMigrations', 'ControlMigration'].map((rpc) => told(rpc)));
  });

  it('is noted of a stream, and of a workspace that may not be acted in', async () => {
    recorded.answer({
      migrations: {
        watch: async function* () {
          throw forbidden;
        },
      },
    });
    const next = () => client.watchMigration({ workspaceId: 'default', id: 'm' })[Symbol.asyncIterator]().next();
    await expect(next()).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    const disabled = new SmartantError('WORKSPACE_DISABLED', 'Disabled.', { kind: 'forbidden', hint: 'Ask.' });
    recorded.answer({ workspaces: { resolve: () => Promise.reject(disabled) } });
    await expect(create()).rejects.toMatchObject({ code: 'WORKSPACE_DISABLED' });
    expect(noted).toEqual([told('WatchMigration'), told('CreateMigration', null, 'WORKSPACE_DISABLED')]);
  });

  it('is none that is no refusal', async () => {
    recorded.answer({ migrations: { get: () => Promise.reject(new SmartantError('MIGRATION_NOT_FOUND', 'No.', { kind: 'not-found' })) } });
    await expect(client.getMigration({ workspaceId: 'default', id: 'm' })).rejects.toThrow();
    await expect(client.getMigration({ workspaceId: 'default', id: '' })).rejects.toThrow();
    expect(noted).toEqual([]);
  });
});

describe('watching', () => {
  it('streams each update and ends with the source', async () => {
    recorded.answer({
      migrations: {
        watch: async function* () {
          for (const version of [1, 2, 3]) yield { migration: sampleMigration({ version }), bytesPerSecond: 0, objectsPerSecond: 0 };
        },
      },
    });
    const versions: (number | undefined)[] = [];
    for await (const { migration } of client.watchMigration({ workspaceId: 'default', id: 'm' })) versions.push(migration?.version);
    expect(versions).toEqual([1, 2, 3]);
  });

  it('ends the source when the client leaves', async () => {
    let left: () => void;
    const wasLeft = new Promise<void>((resolve) => (left = resolve));
    recorded.answer({
      migrations: {
        watch: async function* (_caller, _id, signal) {
          yield { migration: sampleMigration(), bytesPerSecond: 0, objectsPerSecond: 0 };
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          left();
        },
      },
    });
    const controller = new AbortController();
    const stream = client.watchMigration({ workspaceId: 'default', id: 'm' }, { signal: controller.signal })[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);
    controller.abort();
    await stream.next().catch(() => undefined);
    await wasLeft;
  });

  it('fails with the code of a migration that is not there', async () => {
    recorded.answer({
      migrations: {
        watch: async function* () {
          throw new SmartantError('MIGRATION_NOT_FOUND', 'There is no such migration.', { kind: 'not-found' });
        },
      },
    });
    const stream = client.watchMigration({ workspaceId: 'default', id: 'm' })[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
  });
});
