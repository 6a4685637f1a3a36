import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const OBJECTS = 300;

describe('backup and restore of the whole platform', () => {
  const lost = new EmbeddedPlatform();
  const restored = new EmbeddedPlatform({ SMARTANT_LATE_WRITE_SECONDS: '5' });
  let server: S3Server;

  beforeAll(async () => {
    server = await startS3('sample');
    await lost.start();
  });
  afterAll(async () => {
    await lost.dispose();
    await restored.dispose();
    await server.stop();
  });

  it('goes on with a running migration on another machine, as of the backup, and proves it', async () => {
    await server.createBucket('src');
    await server.createBucket('dst');
    const [source, target] = [new Bucket(server, 'src'), new Bucket(server, 'dst')];
    for (let n = 0; n < OBJECTS; n += 1) await source.put(`object-${n}`, `content of ${n}`);
    const migration = await ApiMigration.create(lost, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({ limits: { bytesPerSecond: 0, requestsPerSecond: 40, concurrency: 0 } }),
    });
    const copied = async () => (await migration.get()).ledger.copiedObjects ?? 0;
    await migration.until((view) => (view.ledger.copiedObjects ?? 0) > 10);

    const passphraseFile = join(lost.dataFolder, 'passphrase');
    writeFileSync(passphraseFile, 'five quite random words here\n', { mode: 0o600 });
    const file = join(lost.dataFolder, 'platform.backup');
    const backup = await lost.cli(['admin', 'backup', file, '--include-vault-key', '--passphrase-file', passphraseFile]);
    expect(backup).toMatchObject({ status: 0 });
    // The platform goes on after the backup, and is lost with what it did since.
    const atBackup = await copied();
    await migration.until((view) => (view.ledger.copiedObjects ?? 0) > atBackup);
    await lost.stop();
    await source.put('object-0', 'changed after the backup');

    const restore = await restored.cli(
      ['admin', 'restore', file, '--passphrase-file', passphraseFile, '--yes'],
      await restored.choosePorts(),
    );
    expect(restore).toMatchObject({ status: 0 });
    await restored.start();
    const heir = ApiMigration.of(restored, migration.id);
    const held = await heir.until(({ status }) => status === 'paused');
    expect(held.findings.map(({ code }) => code)).toContain('HELD_AFTER_RESTORE');
    await heir.call('PATCH', 'limits', { requestsPerSecond: 0 });
    await heir.act('resume');
    const end = await heir.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(end.verification).toMatchObject({ equal: true, sourceObjects: OBJECTS, targetObjects: OBJECTS });
    expect(await target.contents()).toEqual(await source.contents());
    const key = lost.token.reportPublicKeyPem;
    expect(restored.token.reportPublicKeyPem).toBe(key);
  }, 240_000);

  it('refuses what must not be done, and says what to do', async () => {
    const passphraseFile = join(lost.dataFolder, 'passphrase');
    const file = join(lost.dataFolder, 'platform.backup');
    const running = await restored.cli(
      ['admin', 'restore', file, '--passphrase-file', passphraseFile, '--replace', '--yes'],
      await restored.choosePorts(),
    );
    expect(running.status).not.toBe(0);
    expect(running.stderr).toContain('START_ALREADY_RUNNING');
    const weak = join(lost.dataFolder, 'weak');
    writeFileSync(weak, 'short', { mode: 0o600 });
    const wrong = await restored.cli(['admin', 'restore', file, '--passphrase-file', weak, '--yes']);
    expect(wrong.stderr).toContain('BACKUP_PASSPHRASE_WRONG');
    const again = await restored.cli(['admin', 'backup', file, '--passphrase-file', passphraseFile]);
    expect(again.stderr).toContain('CLI_FILE_EXISTS');
  }, 120_000);
});
