import { join } from 'node:path';
import { describeIf, startS3, whyNoClientTools, whyNoHosts, type S3Server } from '@smartant/test-servers';
import { readArchive } from '../../libs/platform/backup/archive';
import { Bucket } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec, type MigrationView } from '../platform/migration';
import { findIn } from './canaries';
import { MarkedDatabase } from './marked-database';
import { MarkedHosts } from './marked-hosts';
import { MarkedPlatform } from './marked-platform';
import { databaseRows, filesBelow, type Place } from './places';
import { RepeatingProvider } from './repeating-provider';

const WORKSPACE = '/v1/workspaces/default';
const OBJECTS = 200;

/**
 * Every secret that a user or the platform itself can have is marked; the platform then succeeds and fails in each way it knows, and
 * nothing that it wrote, answered, showed or kept may carry a mark afterwards.
 */
describe('secrets', () => {
  const rig = new MarkedPlatform();
  const { canaries, platform, answers } = rig;
  let server: S3Server;
  let source: Bucket;
  let target: Bucket;

  beforeAll(async () => {
    server = await startS3('sample', { secretAccessKey: canaries.secret() });
    await Promise.all(['from', 'into'].map((name) => server.createBucket(name)));
    source = new Bucket(server, 'from');
    target = new Bucket(server, 'into');
    for (let n = 0; n < OBJECTS; n += 1) await source.put(`object-${n}`, `content of ${n}`);
    await rig.start();
  });
  afterAll(async () => {
    await rig.dispose();
    await server.stop();
  });

  const withSecret = (secret: object, location: object = {}) => ({
    location: { ...(target.inline() as { location: object }).location, ...location },
    secret: { kind: 's3', accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, ...secret },
  });

  /** A migration that is to end in that status; its views are answers too. */
  async function ended(body: object, status: string): Promise<MigrationView> {
    const migration = await ApiMigration.create(platform, body);
    const view = await migration.until((seen) => seen.status === status, 120_000);
    answers.push(JSON.stringify(view));
    for (const part of ['', '/failures', '/report']) await rig.ask('GET', `${WORKSPACE}/migrations/${migration.id}${part}`);
    return view;
  }

  it('are used where all goes well', async () => {
    const saved = await rig.ask('POST', `${WORKSPACE}/endpoints`, { name: 'saved', ...withSecret({}) });
    expect(saved).toBe(201);
    await rig.ask('POST', `${WORKSPACE}/endpoints/saved/test`);
    await rig.ask('GET', `${WORKSPACE}/endpoints/saved/items`);
    const view = await ended({ source: source.inline(), target: { endpoint: 'saved' }, spec: storageSpec() }, 'succeeded');
    expect(view).toMatchObject({ phase: 'done', verification: { equal: true } });
    const report = answers.find((answer) => answer.includes('"payloadType"')) ?? '';
    answers.push(Buffer.from(/"payload":"([^"]+)"/.exec(report)?.[1] ?? '', 'base64').toString());
    expect(answers.at(-1)).toContain('_type');
  }, 180_000);

  it('are used where a process is killed in the middle', async () => {
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: withSecret({}, { prefix: 'killed/' }),
      spec: storageSpec({ limits: { bytesPerSecond: 0, requestsPerSecond: 40, concurrency: 0 } }),
    });
    await migration.until((view) => (view.ledger['copiedObjects'] ?? 0) > 10);
    for (const name of ['storage-migrator', 'scheduler']) {
      const pid = platform.pidOf(name) ?? 0;
      process.kill(pid, 'SIGKILL');
      await waitFor(`another ${name}`, () => ![pid, undefined].includes(platform.pidOf(name)), 60_000);
    }
    await waitFor('the API', async () => (await fetch(`${platform.url}/v1/version`)).ok, 60_000);
    await migration.call('PATCH', 'limits', { requestsPerSecond: 0 });
    expect(await migration.until(({ status }) => status === 'succeeded')).toMatchObject({ phase: 'done' });
  }, 240_000);

  it.each<[string, () => object]>([
    ['a wrong secret', () => withSecret({ secretAccessKey: canaries.secret() })],
    ['a wrong session token', () => withSecret({ secretAccessKey: canaries.secret(), sessionToken: canaries.secret() })],
    ['a host that does not answer', () => withSecret({}, { serviceUrl: 'http://127.0.0.1:1' })],
    ['a host that speaks no TLS', () => withSecret({}, { serviceUrl: server.serviceUrl.replace('http:', 'https:') })],
  ])(
    'are used with %s',
    async (_name, made) => {
      const body = { source: source.inline(), target: made(), spec: storageSpec() };
      await rig.ask('POST', `${WORKSPACE}/migrations?validateOnly=true`, body);
      await ended(body, 'failed');
    },
    180_000,
  );

  it.each<[string, string, () => unknown]>([
    [
      'where a number belongs',
      'endpoints',
      () => ({ name: 'x', location: { kind: 's3', bucket: 'b' }, secret: { kind: 's3', secretAccessKey: [canaries.secret()] } }),
    ],
    ['in the kind', 'endpoints', () => ({ name: 'x', location: { kind: canaries.secret() }, secret: { kind: canaries.secret() } })],
    ['in an unknown field', 'endpoints', () => ({ name: 'x', location: { kind: 's3', bucket: 'b' }, password: canaries.secret() })],
    ['in a name', 'endpoints', () => ({ ...withSecret({}), name: canaries.secret() })],
    ['with a line break', 'endpoints', () => ({ name: 'x', ...withSecret({ secretAccessKey: `${canaries.secret()}\n` }) })],
    [
      'in a URL',
      'endpoints',
      () => ({ name: 'x', ...withSecret({}, { serviceUrl: `http://user:${encodeURIComponent(canaries.secret())}@127.0.0.1` }) }),
    ],
    ['in a malformed URL', 'endpoints', () => ({ name: 'x', ...withSecret({}, { serviceUrl: `http://user:${canaries.mark}@[::1` }) })],
    [
      'in a query of a URL',
      'endpoints',
      () => ({ name: 'x', ...withSecret({}, { serviceUrl: `http://127.0.0.1/?token=${canaries.mark}` }) }),
    ],
    ['in a bucket', 'endpoints', () => ({ name: 'x', ...withSecret({}, { bucket: `a/${canaries.secret()}` }) })],
    [
      'in a certificate',
      'endpoints',
      () => ({ name: 'x', ...withSecret({}, { tlsCaPem: `-----BEGIN PRIVATE KEY-----\n${canaries.mark}\n-----END PRIVATE KEY-----` }) }),
    ],
    ['in what is not JSON', 'endpoints', () => `{"secret":{"secretAccessKey":"${canaries.mark}`],
    [
      'in a migration',
      'migrations',
      () => ({ source: source.inline(), target: withSecret({ secretAccessKey: { key: canaries.secret() } }), spec: storageSpec() }),
    ],
  ])('are refused %s', async (_name, resource, body) => {
    expect(await rig.ask('POST', `${WORKSPACE}/${resource}`, body())).toBe(400);
  });

  it('are refused at the door', async () => {
    const wrong: object[] = [
      { username: 'admin', password: canaries.secret() },
      { username: canaries.secret(), password: 'typed into the wrong field' },
      { apiKey: canaries.secret() },
      { apiKey: `sak_${canaries.mark}` },
      { apiKey: canaries.secret(), password: canaries.secret() },
    ];
    for (const body of wrong) expect(await rig.ask('POST', '/v1/auth/token', body)).toBeGreaterThanOrEqual(400);
    for (const authorization of [
      `Bearer ${canaries.mark}.${canaries.mark}.x`,
      `Basic ${Buffer.from(canaries.secret()).toString('base64')}`,
      canaries.mark,
    ]) {
      expect(await rig.ask('GET', '/v1/auth/me', undefined, { authorization })).toBe(401);
    }
    await rig.ask('GET', `/v1/auth/me?access_token=${canaries.mark}`);
    await rig.ask('GET', `${WORKSPACE}/migrations?password=${canaries.mark}&client-secret=${canaries.mark}`);
    await rig.ask('GET', '/v1/auth/me', undefined, {
      cookie: `session=${canaries.mark}`,
      'x-api-key': canaries.mark,
      'idempotency-key': canaries.mark,
    });
  });

  it('are used on the command line', async () => {
    const environment = { ...source.environment('SOURCE'), ...target.environment('TARGET') };
    expect(await rig.cli(['migrate', source.url(), target.url('cli/'), '--yes'], environment)).toBe(0);
    const wrong = { ...environment, SMARTANT_TARGET_SECRET_ACCESS_KEY: canaries.secret() };
    expect(await rig.cli(['migrate', source.url(), target.url('wrong/'), '--yes'], wrong)).not.toBe(0);
    await rig.cli(['endpoint', 'list', '-o', 'json']);
    await rig.cli(['migration', 'list', '-o', 'json']);
    const passphraseFile = rig.writeSecret('passphrase', `${canaries.secret()} and more words`);
    const file = join(platform.dataFolder, 'platform.backup');
    expect(await rig.cli(['admin', 'backup', file, '--passphrase-file', passphraseFile])).toBe(0);
    expect(await rig.cli(['admin', 'backup', file, '--passphrase-file', passphraseFile])).not.toBe(0);
  }, 240_000);

  describe('of databases', () => {
    const wrong = canaries.secret();
    const spec = { kind: 'database', cutover: { mode: 'automatic', finalize: 'automatic' } };
    let database: MarkedDatabase;
    beforeAll(async () => (database = await MarkedDatabase.start(canaries.secret())), 60_000);
    afterAll(() => database.stop());

    it.each<[string, () => object, string]>([
      ['a migration', () => database.endpoint('shop_new'), whyNoClientTools() === null ? 'succeeded' : 'failed'],
      ['a wrong password', () => database.endpoint('shop_new', wrong), 'failed'],
      ['a database that is not there', () => database.endpoint('nowhere'), 'failed'],
    ])(
      'are used with %s',
      async (_name, made, status) => {
        const body = { source: database.endpoint('shop'), target: made(), spec };
        await rig.ask('POST', `${WORKSPACE}/migrations?validateOnly=true`, body);
        await ended(body, status);
      },
      180_000,
    );

    it('are saved, used, and refused where they do not belong', async () => {
      const save = (body: object) => rig.ask('POST', `${WORKSPACE}/endpoints`, body);
      expect(await save({ name: 'saved-database', ...database.endpoint('shop') })).toBe(201);
      expect(await rig.ask('POST', `${WORKSPACE}/endpoints/saved-database/test`)).toBe(200);
      expect(await rig.ask('GET', `${WORKSPACE}/endpoints/saved-database/items`)).toBe(200);
      const refused: object[] = [
        { ...database.endpoint('shop'), name: canaries.secret() },
        { name: 'x', ...database.endpoint('shop', [canaries.secret()]) },
        { name: 'x', ...database.endpoint('shop', wrong, { password: canaries.secret() }) },
        { name: 'x', ...database.endpoint('shop', wrong, { host: `ann:${canaries.mark}@db` }) },
      ];
      for (const body of refused) expect(await save(body)).toBe(400);
    });

    it('are used on the command line', async () => {
      const environment = { SMARTANT_SOURCE_PASSWORD: database.password, SMARTANT_TARGET_PASSWORD: wrong };
      expect(await rig.cli(['migrate', database.url('shop'), database.url('shop_new'), '--dry-run'], environment)).toBe(1);
      const file = rig.writeSecret('database-password', database.password);
      expect(await rig.cli(['endpoint', 'update', 'saved-database', '--password-file', file])).toBe(0);
    });
  });

  describeIf(whyNoHosts(), 'of hosts', () => {
    const wrong = canaries.secret();
    let hosts: MarkedHosts;
    beforeAll(async () => (hosts = await MarkedHosts.start(canaries)), 60_000);
    afterAll(() => hosts?.stop());

    it.each<[string, () => object, string]>([
      ['a migration', () => hosts.source(), 'succeeded'],
      ['a wrong passphrase', () => hosts.source({ passphrase: wrong }), 'failed'],
      ['a wrong password for sudo', () => hosts.source({ becomePassword: wrong }), 'failed'],
      ['a wrong password', () => hosts.source({ privateKeyPem: undefined, passphrase: undefined, password: wrong }), 'failed'],
    ])(
      'are used with %s',
      async (_name, made, status) => {
        const body = { source: made(), target: hosts.target(), spec: hosts.spec };
        await rig.ask('POST', `${WORKSPACE}/migrations?validateOnly=true`, body);
        const { id } = await ended(body, status);
        expect(await rig.ask('GET', `${WORKSPACE}/migrations/${id}/transcript`)).toBe(200);
      },
      180_000,
    );

    it('are saved, used, and refused where they do not belong', async () => {
      const save = (body: object) => rig.ask('POST', `${WORKSPACE}/endpoints`, body);
      expect(await save({ name: 'saved-host', ...hosts.source() })).toBe(201);
      expect(await rig.ask('POST', `${WORKSPACE}/endpoints/saved-host/test`)).toBe(200);
      expect(await rig.ask('GET', `${WORKSPACE}/endpoints/saved-host/items`)).toBe(200);
      const refused: object[] = [
        { name: 'x', ...hosts.source({ privateKeyPem: [hosts.privateKeyPem] }) },
        { name: 'x', ...hosts.source({ privateKeyPem: canaries.secret() }) },
        { name: 'x', ...hosts.source({ sudoPassword: canaries.secret() }) },
        { name: 'x', ...hosts.source(), location: { kind: 'ssh', host: `root:${canaries.mark}@web`, user: 'root' } },
      ];
      for (const body of refused) expect(await save(body)).toBe(400);
    });

    it('are used on the command line', async () => {
      const { source, target } = hosts.pair;
      hosts.pair.within('target', 'mkdir /srv/other');
      const urls = [`ssh://mover@${source.location.host}?become=sudo`, `ssh://root@${target.location.host}`];
      const keys = [
        ...['--source-identity', rig.writeSecret('source-key', hosts.privateKeyPem)],
        ...['--target-identity', rig.writeSecret('target-key', target.privateKeyPem)],
        ...['--source-host-key', source.location.hostKeys[0]!, '--target-host-key', target.location.hostKeys[0]!],
      ];
      const environment = { SMARTANT_SOURCE_PASSPHRASE: hosts.passphrase, SMARTANT_SOURCE_BECOME_PASSWORD: hosts.becomePassword };
      const args = ['migrate', ...urls, ...keys, '--target-directory', '/srv/other', '--dry-run'];
      expect(await rig.cli(args, environment)).toBe(0);
      expect(await rig.cli(args, { ...environment, SMARTANT_SOURCE_BECOME_PASSWORD: wrong })).toBe(1);
      // A password in an address is on the command line of whoever types it; it is refused, so no mark is typed here.
      expect(await rig.cli(['migrate', urls[0]!.replace('@', ':secret@'), urls[1]!, ...keys, '--dry-run'], environment)).not.toBe(0);
    });
  });

  describe('of alerts', () => {
    const provider = new RepeatingProvider();
    const key = canaries.secret();
    let url: string;
    beforeAll(async () => (url = `${await provider.listen()}/hooks/${canaries.mark}?token=${canaries.mark}`));
    afterAll(() => provider.close());

    const channel = (secrets: object, more: object = {}) => ({ name: 'marked', type: 'webhook', language: 'en', secrets, ...more });
    const post = (path: string, body: unknown) => rig.ask('POST', `${WORKSPACE}/notification-${path}`, body);

    it('are used by channels, and refused where they do not belong', async () => {
      const secrets = () => ({ url, signingKey: key, authorization: `Bearer ${canaries.mark}` });
      expect(await post('channels', channel(secrets()))).toBe(201);
      expect(await post('channels', channel({ ...secrets(), url: `http://127.0.0.1:1/${canaries.mark}` }, { name: 'away' }))).toBe(201);
      const wrong: object[] = [
        channel({ ...secrets(), url: `https://ann:${canaries.mark}@hooks.example/` }, { name: 'x' }),
        channel({ ...secrets(), signingKey: [canaries.secret()] }, { name: 'x' }),
        channel({ ...secrets(), odd: canaries.secret() }, { name: 'x' }),
        channel(secrets(), { name: 'x', settings: { signingKey: canaries.secret() } }),
      ];
      for (const body of wrong) expect(await post('channels', body)).toBe(400);
      await rig.ask('GET', `${WORKSPACE}/notification-channels`);
    });

    it('are not to be had by templates', async () => {
      const body =
        '{{ url }} {{ secrets }} {{ channel.secrets.url }} {{ settings | json }} {% for alert in alerts %}{{ alert | json }}{% endfor %}';
      const template = { title: 'Alert {{ channel | json }}{{ signingKey }}', body };
      expect(await post('templates/preview', { ...template, language: 'en', channelType: 'webhook' })).toBe(200);
      expect(await rig.ask('PUT', `${WORKSPACE}/notification-templates?language=en`, template)).toBe(200);
    });

    it('are used where messages are refused, and where what alerts say holds some', async () => {
      const { workspaceId } = await platform.api<{ workspaceId: string }>('GET', '/v1/auth/me');
      const alert = {
        labels: { alertname: 'Marked', severity: 'critical', instance: `postgres://app:${canaries.mark}@db:5432/x` },
        annotations: {
          summary: `GET https://b.s3/k?X-Amz-Signature=${canaries.mark}&X-Amz-Date=1 with Bearer ${canaries.mark}`,
          password: canaries.secret(),
          client_secret: canaries.secret(),
        },
      };
      const intake = `http://127.0.0.1:${platform.port('SMARTANT_NOTIFIER_INTAKE_PORT')}/intake`;
      const send = async (path: string, body: unknown, token = rig.readSecret('intake-token')) => {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${intake}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        answers.push(await answer.text());
        return answer.status;
      };
      expect(await send(`alertmanager?workspace=${workspaceId}`, { version: '4', alerts: [{ status: 'firing', ...alert }] })).toBe(202);
      expect(await send('kubesphere', [{ ...alert, startsAt: canaries.secret() }])).toBe(400);
      expect(await send('kubesphere', [], canaries.mark)).toBe(401);
      await waitFor(
        'an attempt of each channel',
        async () => {
          await rig.ask('GET', `${WORKSPACE}/notification-deliveries`);
          return (answers.at(-1) ?? '').split('"outcome"').length > 2;
        },
        120_000,
      );
      expect(provider.asked).toBeGreaterThan(0);
      await rig.ask('GET', `${WORKSPACE}/alerts`);
      expect(answers.at(-1)).toContain('postgres://[redacted]@db:5432/x');
      await rig.ask('GET', `${WORKSPACE}/notification-channels`);
      expect(await rig.cli(['delivery', 'list', '-o', 'json'])).toBe(0);
      expect(await rig.cli(['channel', 'test', 'marked'])).not.toBe(0);
    }, 180_000);
  });

  describe('afterwards', () => {
    it('are in no answer', () =>
      expect(rig.marked(answers.map((answer) => ({ name: 'answer', content: Buffer.from(answer) })))).toEqual([]));

    it('are in no output of the command line or the supervisor', () => {
      expect(rig.marked(rig.shown())).toEqual([]);
    });

    it('are in no metric', async () => {
      for (const port of [
        'SMARTANT_SCHEDULER_ADMIN_PORT',
        'SMARTANT_STORAGE_MIGRATOR_ADMIN_PORT',
        'SMARTANT_DB_MIGRATOR_ADMIN_PORT',
        'SMARTANT_HOST_MIGRATOR_ADMIN_PORT',
        'SMARTANT_NOTIFIER_ADMIN_PORT',
      ]) {
        const text = await (await fetch(`http://127.0.0.1:${platform.port(port)}/metrics`)).text();
        expect(text).toContain('smartant_');
        expect(rig.marked([{ name: port, content: Buffer.from(text) }])).toEqual([]);
      }
    });

    it('are in no row of the database, the event bus among it', async () => {
      const password = encodeURIComponent(rig.readSecret('postgres-password'));
      const rows = await databaseRows(`postgres://postgres:${password}@127.0.0.1:${platform.port('SMARTANT_POSTGRES_PORT')}/smartant`);
      expect(rows.length).toBeGreaterThan(20);
      expect(rig.marked(rows)).toEqual([]);
    });

    it('are in no command line of any process, and in no environment of one that the platform started', () => {
      expect(rig.exposedByProcesses()).toEqual([]);
    });

    it('are in no archive of a backup without its key', async () => {
      const passphrase = rig.readSecret('passphrase');
      const entries: Place[] = [];
      for await (const entry of readArchive(join(platform.dataFolder, 'platform.backup'), passphrase)) entries.push(entry);
      expect(entries.length).toBeGreaterThan(10);
      expect(rig.marked(entries)).toEqual([]);
    });

    it('are in no file but those that are there to keep them', async () => {
      await rig.stop();
      // The folder of secrets, and what the command line signs in with: only their owner reads them.
      const kept = (path: string) => path.startsWith('secrets/') || path === 'cli-token.json';
      const names: string[] = [];
      const places = function* (): Generator<Place> {
        for (const place of filesBelow(platform.dataFolder, kept)) {
          names.push(place.name);
          yield place;
        }
      };
      expect(rig.marked(places())).toEqual([]);
      for (const part of [
        'logs/scheduler',
        'logs/storage-migrator',
        'logs/db-migrator',
        'logs/host-migrator',
        'logs/notifier',
        'logs/postgres',
        'traces/scheduler',
        'traces/db-migrator',
        'postgres/base',
        'postgres/pg_wal',
      ]) {
        expect(names.some((name) => name.includes(part))).toBe(true);
      }
    }, 120_000);
  });

  it('would be found', () => {
    const secret = canaries.secret();
    const bytes = Buffer.from(`prefix of some length ${secret} and more`);
    const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64')];
    for (const before of ['', 'a', 'ab'])
      forms.push(Buffer.from(before + secret).toString('base64'), Buffer.from(before + secret).toString('base64url'));
    for (const form of [...forms, Buffer.from(canaries.key(), 'base64').toString('latin1'), canaries.key()]) {
      expect(findIn(Buffer.from(form, 'latin1'), canaries.needles())).not.toBeNull();
    }
    expect(findIn(Buffer.from('nothing of that kind'), canaries.needles())).toBeNull();
  });
});
