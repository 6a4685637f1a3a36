import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import Ajv from 'ajv/dist/2020';
import { parse } from 'yaml';
import { loadDbMigratorConfig } from '../../services/db-migrator/config';
import { loadNotifierConfig } from '../../services/notifier/config';
import { loadGatewayKeysConfig } from '../../services/gateway-keys/config';
import { loadHostMigratorConfig } from '../../services/host-migrator/config';
import { loadSchedulerConfig } from '../../services/scheduler/config';
import { loadStorageMigratorConfig } from '../../services/storage-migrator/config';
import { kongProblems } from '../gateway/kong-schema';
import { helmBinary } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'compose');
const DATA = '../../data/compose/';
const SCHEMA = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'compose-spec.json');

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  env_file?: string[];
  command?: string[];
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
  secrets?: (string | { source: string; target: string })[];
  network_mode?: string;
  networks?: string[];
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean; ipam: { config: { subnet: string }[] } } | null>;
  volumes: Record<string, object | null>;
}

const read = (name: string) => parse(readFileSync(join(FOLDER, name), 'utf8'), { merge: true }) as unknown;
const compose = read('compose.yaml') as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build);

describeIf(
  existsSync(SCHEMA) ? null : 'the schema is not there: npm run provision -- compose-schema',
  'the compose file, by the specification',
  () => {
    const validate = () =>
      new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

    it('is in order', () => {
      const check = validate();
      check(compose);
      expect(check.errors).toBeNull();
    });

    it('would be found out of order', () => {
      const spoilt = structuredClone(compose);
      Object.assign(spoilt.services['kong']!, { depend_on: [] });
      expect(validate()(spoilt)).toBe(false);
    });
  },
);

describe('the compose file', () => {
  let data: string;
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'smartant-compose-'));
    execFileSync(process.execPath, [join(ROOT, 'tools', 'build', 'build.mjs'), 'libs/kernel', 'libs/platform'], { stdio: 'ignore' });
    execFileSync('sh', ['-c', 'umask 077 && exec "$@"', 'sh', process.execPath, join(FOLDER, 'prepare.mjs'), data], { stdio: 'ignore' });
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  /** A path of the file as it is on this machine, with what `prepare` made in place of the data folder. */
  const onMachine = (path: string) => (path.startsWith(DATA) ? join(data, path.slice(DATA.length)) : resolve(FOLDER, path));

  it.each(services)('%s is pinned, tells how it is, and waits for those that it needs', (_name, service) => {
    expect(service.image).toMatch(service.build ? /^smartant\/[\w-]+:local$/ : /^[\w./-]+:v?\d+\.\d+[\w.-]*$/);
    expect(service.healthcheck).toBeDefined();
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect([needed, condition]).toEqual([needed, 'service_healthy']);
      expect(compose.services[needed]?.healthcheck).toBeDefined();
    }
    for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
  });

  it('opens ports to this machine alone', () => {
    for (const [, { ports = [] }] of services) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('holds no secret: each is a file that is made once', () => {
    for (const [name, { environment = {}, command = [] }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|MASTER_KEY|PEPPER|DATABASE_URL/.test(variable))
          expect([name, variable]).toEqual([name, expect.stringMatching(/_FILE$/)]);
        expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/);
      }
      for (const argument of command) if (argument.includes('requirepass')) expect(argument).toContain('$$(cat /run/secrets/');
    }
    for (const { file } of Object.values(compose.secrets)) expect(file.startsWith(`${DATA}given/`)).toBe(true);
  });

  it('names only files that are there once it was prepared, closed to others on this machine', () => {
    const files = [
      ...Object.values(compose.secrets).map(({ file }) => file),
      ...services.flatMap(([, { env_file = [] }]) => env_file),
      ...services.flatMap(([, { volumes = [] }]) =>
        volumes.map((volume) => volume.split(':')[0]!).filter((source) => source.startsWith('.')),
      ),
    ];
    for (const file of files) {
      expect([file, existsSync(onMachine(file))]).toEqual([file, true]);
      // Those who read it in containers are nobody here.
      if (file.startsWith(DATA)) expect([file, statSync(onMachine(file)).mode & 0o004]).toEqual([file, 0o004]);
    }
    expect(statSync(data).mode & 0o077).toBe(0);
    const keys = readdirSync(join(data, 'tls'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.key'));
    expect(keys.sort()).toEqual(
      ['db-migrator', 'host-migrator', 'notifier', 'scheduler', 'storage-migrator'].map((name) => join(name, 'service.key')),
    );
    for (const [name, { secrets = [] }] of services)
      for (const secret of secrets)
        expect([name, Object.keys(compose.secrets)]).toEqual([
          name,
          expect.arrayContaining([typeof secret === 'string' ? secret : secret.source]),
        ]);
  });

  it('keeps what was made when it is prepared again', () => {
    const before = readFileSync(join(data, 'given', 'master-key'), 'utf8');
    execFileSync(process.execPath, [join(FOLDER, 'prepare.mjs'), data], { stdio: 'ignore' });
    expect(readFileSync(join(data, 'given', 'master-key'), 'utf8')).toBe(before);
  });

  it.each(ours)('%s is built by our Dockerfile', (name, { build, image }) => {
    expect(image).toBe(`smartant/${name}:local`);
    expect(resolve(FOLDER, build!.context)).toBe(ROOT);
    expect(build!.dockerfile).toBe(`services/${name}/Dockerfile`);
    expect(existsSync(join(ROOT, build!.dockerfile))).toBe(true);
  });

  it('builds every image that the pipelines build', () => {
    const built = readdirSync(join(ROOT, 'services')).filter((name) => existsSync(join(ROOT, 'services', name, 'Dockerfile')));
    expect(ours.map(([name]) => name).sort()).toEqual(built.sort());
  });

  const LOADERS: Record<string, (env: Record<string, string>) => unknown> = {
    scheduler: loadSchedulerConfig,
    'storage-migrator': loadStorageMigratorConfig as never,
    'db-migrator': loadDbMigratorConfig as never,
    'host-migrator': loadHostMigratorConfig as never,
    notifier: loadNotifierConfig as never,
    'gateway-keys': loadGatewayKeysConfig as never,
  };

  it.each(ours)('%s is given settings that it takes, and no others', (name, { environment = {}, secrets = [] }) => {
    const mounted = new Map(secrets.map((secret) => (typeof secret === 'string' ? [secret, secret] : [secret.target, secret.source])));
    const inContainer = (value: string) =>
      value.startsWith('/run/secrets/') ? onMachine(compose.secrets[mounted.get(value.slice('/run/secrets/'.length))!]!.file) : value;
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, inContainer(value)]));
    const config = LOADERS[name]!(env) as Record<string, unknown>;
    const given = Object.keys(env).filter((variable) => variable.startsWith('SMARTANT_'));
    // A setting may be given as a file; one that nobody reads is none of the configuration's.
    for (const variable of given) expect(Object.keys(config)).toContain(variable in config ? variable : variable.replace(/_FILE$/, ''));
  });

  it('denies endpoints on its own networks', () => {
    const subnets = Object.values(compose.networks).flatMap((network) => network!.ipam.config.map(({ subnet }) => subnet));
    for (const [name, { environment = {} }] of ours)
      if (name !== 'gateway-keys') expect(environment['SMARTANT_EGRESS_DENY']!.split(',').sort()).toEqual(subnets.sort());
    for (const name of ['postgres', 'kafka', 'redis']) expect(compose.services[name]!.networks).toEqual(['backends']);
    expect(compose.networks['backends']!.internal).toBe(true);
  });

  it('sends Kong and Prometheus to services that are there', () => {
    const kong = read('kong.yaml') as { services: { host: string; port: number }[] };
    expect(kongProblems(kong as never)).toEqual([]);
    const ports = compose.services['scheduler']!.environment!;
    for (const { host, port } of kong.services) expect([host, String(port)]).toEqual(['scheduler', ports['SMARTANT_HTTP_PORT']]);
    const targets = JSON.stringify(read('prometheus.yaml')).match(/[a-z-]+:(7402|8100)/g)!;
    for (const target of targets) expect(Object.keys(compose.services)).toContain(target.split(':')[0]);
  });

  describeIf(helmBinary() ? null : 'helm is not installed', 'with the gateway chart', () => {
    it('has the configuration of Kong that the chart makes', () => {
      const made = execFileSync(process.execPath, [join(FOLDER, 'render-kong.mjs')], { encoding: 'utf8' });
      expect(readFileSync(join(FOLDER, 'kong.yaml'), 'utf8')).toBe(made);
      const image = (parse(readFileSync(join(ROOT, 'gateway', 'values.yaml'), 'utf8')) as { kong: { image: string } }).kong.image;
      expect(compose.services['kong']!.image).toBe(image);
    });
  });
});
