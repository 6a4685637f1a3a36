import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { createLogger, withLogContext } from './index';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({ service: 'scheduler', level: 'info', output: { write: (line) => void lines.push(line) } });
  return { logger, text: () => lines.join(''), last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('createLogger', () => {
  it('writes one JSON line with service, time, level and context', async () => {
    const { logger, last } = capture();
    await withLogContext({ workspaceId: 'ws_1', migrationId: 'mig_1' }, async () => {
      await Promise.resolve();
      withLogContext({ shardId: 'shd_1' }, () => logger.info({ objects: 3 }, 'shard done'));
    });
    expect(last()).toMatchObject({
      level: 'info',
      service: 'scheduler',
      workspaceId: 'ws_1',
      migrationId: 'mig_1',
      shardId: 'shd_1',
      objects: 3,
      msg: 'shard done',
    });
    logger.info('outside');
    expect(last()).not.toHaveProperty('migrationId');
  });

  it('keeps canary secrets out of fields, nested fields, URLs, headers, messages, errors and causes', () => {
    const { logger, text } = capture();
    const canary = 'CANARY-5e1f';
    const cause = new Error(`connect postgres://app:${canary}@db:5432/x failed`);
    const error = new SmartantError('X', `GET https://b.s3/k?X-Amz-Signature=${canary}&X-Amz-Date=1`, { kind: 'internal', cause });
    Object.assign(error, { config: { headers: { Authorization: `Bearer ${canary}` } } });
    logger.info({
      password: canary,
      secret_access_key: canary,
      sessionToken: canary,
      endpoint: { apiKey: canary, list: [{ 'x-secret': canary }] },
    });
    logger.info({ SMARTANT_MASTER_KEY: canary, map: new Map([['token', canary]]), cookies: [canary], credentials: { user: canary } });
    logger.info(`dialling redis://default:${canary}@cache:6379`);
    logger.info('header %s', `Bearer ${canary}`);
    logger.error({ err: error }, 'request failed');
    logger.error(error);
    logger.info({ pem: `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----` });
    logger.child({ token: canary }).child({ password: canary }).info('child');
    logger.info('printf %j', { secret: canary });
    logger.info({ 'url.query': `access_token=${canary}&x=1` });
    logger.info(`redirected to /callback?state=1&client-secret=${canary}#top`);
    logger.error(Object.assign(new Error('duplicate key'), { query: 'INSERT INTO t VALUES ($1)', parameters: [canary] }));
    logger.info({ target: `/v1/auth/oidc/callback?iss=x&state=${canary}&code=${canary}`, query: `code=${canary}&iss=x` });
    logger.info({ location: `http://127.0.0.1:4321/?ticket=${canary}` });
    logger.info(`a key sak_${canary.padEnd(43, 'x')} and a refresh token srt_${canary.padEnd(43, 'x')}`);
    expect(text()).not.toContain(canary);
    expect(text()).toContain('postgres://[redacted]@db:5432/x');
  });

  it('leaves names, keys of objects and page tokens readable', () => {
    const { logger, last } = capture();
    logger.info({ key: 'photos/a.jpg', accessKeyId: 'AKIA1', nextPageToken: 'p2', keyId: 'k1', big: 12n });
    expect(last()).toMatchObject({ key: 'photos/a.jpg', accessKeyId: 'AKIA1', nextPageToken: 'p2', keyId: 'k1', big: '12' });
  });

  it('shows the texts of fields that are listed, and a mark of all others, at any depth', () => {
    const { logger, last, text } = capture();
    const canary = 'CANARY-of-no-known-name';
    const refused = Object.assign(new Error('duplicate key'), { table: 'users', detail: `Key (email)=(${canary}) already exists.` });
    logger.warn({ table: 'orders', note: canary, rows: 3, more: { table: canary }, err: refused, details: { pin: canary, table: 'a' } });
    expect(text()).not.toContain(canary);
    const [mark] = /\[unlisted [0-9a-f]{8}\]/.exec(String(last().note)) ?? [];
    expect(last()).toMatchObject({ table: 'orders', note: mark, rows: 3, err: { table: 'users' }, details: { pin: mark, table: 'a' } });
    logger.info({ note: 'another', [canary.slice(0, 6)]: null });
    expect(last().note).not.toBe(mark);
    logger.child({ tenant: canary, module: 'm' }).info({ 'smartant.table': 't', 'smartant.odd': canary }, 'said of %j', { odd: canary });
    expect(text()).not.toContain(canary);
    expect(last()).toMatchObject({ module: 'm', 'smartant.table': 't' });
  });

  it('keeps code, retry, stack and causes of an error', () => {
    const { logger, last } = capture();
    logger.error({ err: new SmartantError('A_CODE', 'text', { kind: 'unavailable', cause: new Error('root') }) }, 'failed');
    expect(last().err).toMatchObject({ code: 'A_CODE', kind: 'unavailable', message: 'text', cause: { message: 'root' } });
    expect(last().err.stack).toContain('create-logger.spec');
  });

  it('cuts endless texts quickly', () => {
    const { logger, last } = capture();
    const startedMs = Date.now();
    logger.info({ stderr: 'x'.repeat(5_000_000), path: 'a://:'.repeat(100_000) });
    expect(Date.now() - startedMs).toBeLessThan(10_000);
    expect(last().stderr).toMatch(/\[5000000 characters\]$/);
  });

  it('writes files and rotates them by size', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-logs-'));
    const logger = createLogger({ service: 'rotating', level: 'info', logsDir: folder, output: { write: () => undefined } });
    const stderr = 'x'.repeat(10_000);
    for (let i = 0; i < 2_200; i += 1) logger.info({ stderr }, 'fill');
    await until(() => readdirSync(folder).some((name) => name.endsWith('-rotating.log.gz') || /-rotating\.log/.test(name)));
    logger.info('after rotation');
    // For a moment of each rotation there is no file of this name.
    const current = join(folder, 'rotating.log');
    await until(() => existsSync(current) && readFileSync(current, 'utf8').includes('after rotation'));
    const files = () => readdirSync(folder).filter((each) => /rotating\.log(\.gz)?$/.test(each));
    await until(() => files().length > 1 && files().every((name) => (statSync(join(folder, name)).mode & 0o007) === 0));
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await delay(20)) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 20 s');
  }
}
