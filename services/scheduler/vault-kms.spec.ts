import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { commonV1 } from '@smartant/contracts';
import { createLogger } from '@smartant/platform/logging';
import { createVault } from './adapters/vault/create-vault';
import { TransitServer } from './adapters/vault/transit/fixtures/transit-server';
import type { Caller } from './application/use-cases';
import { loadSchedulerConfig } from './config';
import { CANARY, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';

const admin: Caller = { ...operator, role: 'admin' };
const quick = { pace: { batch: 5, perSecond: 100_000 }, lookMs: 20 };

describe('a platform that moves to a key management service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-kms-'));
  const kms = new TransitServer();
  let rig: Rig;
  let env: Record<string, string>;

  /** As main makes it of the environment. */
  const vaultOf = (over: Record<string, string>) => {
    const logger = createLogger({ service: 'scheduler', level: 'info', output: { write: (line: string) => void rig.logLines.push(line) } });
    const all = { ...env, ...over };
    return createVault(loadSchedulerConfig(all), all, logger);
  };

  beforeAll(async () => {
    rig = await Rig.open();
    rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
    writeFileSync(join(folder, 'token'), 'root');
    env = {
      SMARTANT_DATABASE_URL: rig.databaseUrl,
      SMARTANT_GRPC_PLAINTEXT: 'true',
      SMARTANT_ADMIN_PORT: '1',
      SMARTANT_GRPC_PORT: '2',
      SMARTANT_HTTP_PORT: '3',
      SMARTANT_STORAGE_MIGRATOR_ADDRESS: '127.0.0.1:4',
      SMARTANT_API_KEY_PEPPER: 'a-pepper-of-some-length',
      SMARTANT_MASTER_KEY: randomBytes(32).toString('base64'),
      SMARTANT_TRANSIT_ADDRESS: `http://127.0.0.1:${await kms.listen()}`,
      SMARTANT_TRANSIT_TOKEN_FILE: join(folder, 'token'),
      SMARTANT_TRANSIT_TIMEOUT_MS: '200',
    };
  });
  afterAll(async () => {
    await rig.close();
    await kms.close();
    rmSync(folder, { recursive: true });
  });

  it('rewraps everything there while migrations run, needs its master key no more, and outlives an outage', async () => {
    // As it was, and knowing of the service already: replicas that have not been started again open what the others seal there.
    const core = await rig.started({ vault: vaultOf({}), rotation: quick });
    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
    const request = { runId: runId!, epoch, endpointId: spec.targetEndpointId, caller: 'storage-migrator' };

    const moved = await rig.started({ vault: vaultOf({ SMARTANT_KMS: 'transit' }), rotation: quick });
    await moved.useCases.vault.rotate(admin, { dataKeys: true });
    await eventually(async () => (await moved.useCases.vault.status(admin)).rotation?.state === 'done');
    const status = await moved.useCases.vault.status(admin);
    expect(status).toMatchObject({ currentKeyId: 'transit:transit/smartant:1', rotation: { failed: 0 }, problem: null });
    expect(status.areas.every(({ values, underCurrentKey }) => values === underCurrentKey)).toBe(true);

    expect(await core.credentials.resolve(request)).toMatchObject({ secret: { secretAccessKey: CANARY } });

    const alone = vaultOf({ SMARTANT_KMS: 'transit', SMARTANT_MASTER_KEY: '' });
    const later = await rig.started({ vault: alone, rotation: quick });
    expect(await later.credentials.resolve(request)).toMatchObject({ secret: { secretAccessKey: CANARY } });

    kms.outage = 503;
    await expect(later.credentials.resolve(request)).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true });
    expect(alone.problem()).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' });
    expect((await later.useCases.vault.status(admin)).problem).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' });
    expect((await later.useCases.migrations.get(operator, id)).status).toBe('running');
    kms.outage = null;
    expect(await later.credentials.resolve(request)).toMatchObject({ secret: { secretAccessKey: CANARY } });
    expect(alone.problem()).toBeNull();

    const sent = JSON.stringify(kms.seen);
    expect(sent).not.toContain(CANARY);
    expect(sent).not.toContain(Buffer.from(CANARY).toString('base64'));
    expect(rig.logLines.join('')).not.toContain('"root"');
  });

  it('waits with a rotation while the service is away, and ends it when it is back', async () => {
    const core = await rig.started({ vault: vaultOf({ SMARTANT_KMS: 'transit' }), rotation: quick });
    kms.outage = 503;
    await core.useCases.vault.rotate(admin, { dataKeys: true });
    await eventually(async () => (await core.useCases.vault.status(admin)).rotation?.lastError?.code === 'VAULT_KMS_UNAVAILABLE');
    kms.outage = null;
    await eventually(async () => (await core.useCases.vault.status(admin)).rotation?.state === 'done');
    expect((await core.useCases.vault.status(admin)).rotation).toMatchObject({ failed: 0 });
  });
});
