import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, startHost, whyNoHosts, type TestHost } from '@smartant/test-servers';
import { treeManifest } from '../../services/host-migrator/connectors/linux/files/fixtures/tree-manifest';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration } from '../platform/migration';

/** `SMARTANT_TEST_HOSTS=50` for as many as the promise names. */
const HOSTS = Number(process.env['SMARTANT_TEST_HOSTS'] ?? 10);
/** Of the process, at its highest, whatever the number of hosts: a pod may have 1 GiB. What is garbage already counts until it is collected. */
const MOST_MEMORY_MIB = 768;
const PATIENCE_MS = 120_000 + HOSTS * 30_000;

describeIf(whyNoHosts(), `${HOSTS} hosts at once`, () => {
  const platform = new EmbeddedPlatform();
  const files = mkdtempSync(join(tmpdir(), 'smartant-hosts-'));
  const sources: TestHost[] = [];
  let target: TestHost;

  beforeAll(async () => {
    await platform.start();
    target = await startHost({ name: 'target', light: true });
    for (let at = 0; at < HOSTS; at += 1) {
      const source = await startHost({ name: `source-${at}`, light: true });
      mkdirSync(join(source.root, 'srv/app'));
      for (let n = 0; n < 200; n += 1) writeFileSync(join(source.root, `srv/app/file-${n}`), `${n} of host ${at}\n`.repeat(n));
      mkdirSync(join(target.root, `srv/${at}`));
      writeFileSync(join(files, `key-${at}`), source.privateKeyPem, { mode: 0o600 });
      sources.push(source);
    }
    writeFileSync(join(files, 'key'), target.privateKeyPem, { mode: 0o600 });
  }, PATIENCE_MS);
  afterAll(async () => {
    await platform.dispose();
    await Promise.all([target, ...sources].map((host) => host?.stop()));
    rmSync(files, { recursive: true, force: true });
  }, 120_000);

  /** MiB that a process has needed at most. */
  const highestMemory = (pid: number) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

  it(
    'are imported from a list and migrated, and the migrator stays small',
    async () => {
      const row = ({ location }: TestHost, at: number) =>
        [
          `host-${at}`,
          `ssh://root@${location.host}`,
          `ssh://root@${target.location.host}`,
          join(files, `key-${at}`),
          join(files, 'key'),
          location.hostKeys[0],
          target.location.hostKeys[0],
          `/srv/${at}`,
          '/var /boot',
        ].join(',');
      const columns = 'name,source,target,source_identity,target_identity,source_host_key,target_host_key,target_directory,exclude';
      const list = join(files, 'hosts.csv');
      writeFileSync(list, [columns, ...sources.map(row), ''].join('\n'));
      const imported = await platform.cli(['hosts', 'import', list, '-o', 'json']);
      expect(imported).toMatchObject({ status: 0 });
      const { items } = JSON.parse(imported.stdout) as { items: { id: string; outcome: string }[] };
      expect(items.map(({ outcome }) => outcome)).toEqual(sources.map(() => 'created'));
      const migrations = items.map(({ id }) => ApiMigration.of(platform, id));
      const pid = platform.pidOf('host-migrator')!;
      await Promise.all(migrations.map((each) => each.until(({ phase, round }) => phase === 'incremental' && round >= 1, PATIENCE_MS)));
      await Promise.all(migrations.map((each) => each.act('cutover')));
      const cut = await Promise.all(
        migrations.map((each) => each.until(({ phase, status }) => phase === 'reversible' && status === 'waiting', PATIENCE_MS)),
      );
      expect(cut.map(({ verification }) => verification?.equal)).toEqual(sources.map(() => true));
      sources.forEach(({ root }, at) => {
        expect(treeManifest(join(target.root, `srv/${at}/srv/app`))).toEqual(treeManifest(join(root, 'srv/app')));
      });
      // It was not started anew meanwhile.
      expect(platform.pidOf('host-migrator')).toBe(pid);
      expect(highestMemory(pid)).toBeLessThan(MOST_MEMORY_MIB);
      await Promise.all(migrations.map((each) => each.act('finalize')));
      await Promise.all(migrations.map((each) => each.until(({ status }) => status === 'succeeded', PATIENCE_MS)));
      await waitFor(
        'keys to be gone',
        () => !readFileSync(join(target.root, 'root/.ssh/authorized_keys'), 'utf8').includes('smartant'),
        30_000,
      );
    },
    PATIENCE_MS * 2,
  );
});
