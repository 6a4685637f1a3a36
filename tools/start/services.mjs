import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { databaseRoles, databaseUrl } from './database-setup.mjs';
import { repositoryRoot } from './install.mjs';
import { extraKeysFile, writeSecret } from './secrets.mjs';

const require = createRequire(import.meta.url);

/** What a service takes from the shell that started us: settings that change nothing of how the parts find each other. */
const inherited = [
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'NODE_OPTIONS',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'SMARTANT_LOG_LEVEL',
  'SMARTANT_TRACE_EXPORTER',
  'SMARTANT_TRACE_UNIT_RATIO',
  'SMARTANT_EGRESS_ALLOW',
  'SMARTANT_EGRESS_DENY',
  'SMARTANT_WORKER_CONCURRENCY',
  'SMARTANT_DATABASE_MIGRATIONS',
  'SMARTANT_HOST_MIGRATIONS',
  'SMARTANT_LATE_WRITE_SECONDS',
  'SMARTANT_NOTIFIER_SLOTS',
  'SMARTANT_NOTIFIER_RETRY_HOURS',
  'SMARTANT_NOTIFIER_RETENTION_DAYS',
  'SMARTANT_INTAKE_SILENCE_MINUTES',
  'SMARTANT_DATABASE_CONNECTIONS',
  'SMARTANT_DATABASE_READ_CONNECTIONS',
  'SMARTANT_SHED_DELAY_MS',
  'SMARTANT_AUDIT_RETENTION_DAYS',
  'SMARTANT_ALERT_TICK_SECONDS',
  'SMARTANT_ENDPOINT_TRIAL_SECONDS',
  'SMARTANT_LOST_KEYS',
  'SMARTANT_CORS_ORIGINS',
  'SMARTANT_SECOND_FACTOR_REQUIRED',
  'SMARTANT_RESET_SECOND_FACTOR_OF',
  'SMARTANT_RESET_SECOND_FACTOR_BEFORE',
  'SMARTANT_CACHE',
  'SMARTANT_POSTGRES_TOOLS',
];
const inheritedPrefixes = [
  'OTEL_',
  'SMARTANT_MAX_',
  'SMARTANT_HTTPS_',
  'SMARTANT_HTTP_TLS_',
  'SMARTANT_LOG_SEARCH',
  'SMARTANT_JAEGER_',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
];

const fromShell = (environment) =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => inherited.includes(name) || inheritedPrefixes.some((prefix) => name.startsWith(prefix))),
  );

function commonEnvironment({ name, dataFolder, ports, secrets, tls }) {
  const { role } = databaseRoles.find(({ service }) => service === name);
  const urlFile = join(dataFolder, 'secrets', `${name}-database-url`);
  writeSecret(urlFile, databaseUrl(ports.postgres, role, secrets[`${name}-database-password`].value));
  return {
    SMARTANT_TRACE_EXPORTER: 'file',
    ...fromShell(process.env),
    SMARTANT_DATABASE_URL_FILE: urlFile,
    SMARTANT_BUS: 'embedded',
    SMARTANT_BIND: '127.0.0.1',
    SMARTANT_TLS_CA_FILE: tls.caFile,
    SMARTANT_TLS_CERT_FILE: tls.certFile,
    SMARTANT_TLS_KEY_FILE: tls.keyFile,
    SMARTANT_LOGS_DIR: join(dataFolder, 'logs'),
    SMARTANT_TRACES_DIR: join(dataFolder, 'traces'),
    SMARTANT_EGRESS_ALLOW_LOOPBACK: 'true',
  };
}

const tlsFolder = (dataFolder) => join(dataFolder, 'secrets', 'tls');
/** For programs of this machine's owner that call MigrationService. */
const internalClient = 'internal-client';

/** Reissues what is near its end, and takes a new authority into use where one is asked for or due. Services notice by themselves. */
export async function renewCertificates(dataFolder, names) {
  const { advanceRollover, authorityEndsSoon, issueCertificate, takeRolloverRequest } = require('@smartant/platform/tls');
  const folder = tlsFolder(dataFolder);
  const begin = takeRolloverRequest(folder) || authorityEndsSoon(folder);
  const step = await advanceRollover(folder, { begin });
  for (const name of [internalClient, ...names]) await issueCertificate(folder, name);
  return step;
}

/** An authority made at the first start, and a certificate for each service: gRPC between them is mutual TLS on one machine too. */
function serviceTls(dataFolder, name) {
  const { ensureAuthority, issueCertificate } = require('@smartant/platform/tls');
  const folder = tlsFolder(dataFolder);
  return Promise.resolve(ensureAuthority(folder)).then(() => issueCertificate(folder, name));
}

/** Name, entry point, environment and health port of every service, the same entry points that the containers run. */
export async function describeServices({ dataFolder, ports, secrets }) {
  await serviceTls(dataFolder, internalClient);
  const describe = async (name, adminPort, own) => ({
    name,
    script: join(repositoryRoot, 'services', name, 'dist', 'main.js'),
    adminPort,
    environment: {
      ...commonEnvironment({ name, dataFolder, ports, secrets, tls: await serviceTls(dataFolder, name) }),
      SMARTANT_ADMIN_PORT: String(adminPort),
      ...own,
    },
  });
  return [
    await describe('scheduler', ports.schedulerAdmin, {
      SMARTANT_MODE: 'embedded',
      SMARTANT_HTTP_PORT: String(ports.http),
      SMARTANT_GRPC_PORT: String(ports.schedulerGrpc),
      SMARTANT_CONSOLE_DIR: join(repositoryRoot, 'services/console/dist/web'),
      SMARTANT_STORAGE_MIGRATOR_ADDRESS: `127.0.0.1:${ports.storageMigratorGrpc}`,
      SMARTANT_DB_MIGRATOR_ADDRESS: `127.0.0.1:${ports.dbMigratorGrpc}`,
      SMARTANT_HOST_MIGRATOR_ADDRESS: `127.0.0.1:${ports.hostMigratorGrpc}`,
      SMARTANT_NOTIFIER_ADDRESS: `127.0.0.1:${ports.notifierGrpc}`,
      SMARTANT_MASTER_KEY_FILE: secrets['master-key'].path,
      SMARTANT_MASTER_KEYS_EXTRA_FILE: extraKeysFile(dataFolder),
      SMARTANT_ADMIN_PASSWORD_FILE: secrets['admin-password'].path,
      SMARTANT_API_KEY_PEPPER_FILE: secrets['api-key-pepper'].path,
    }),
    await describe('storage-migrator', ports.storageMigratorAdmin, {
      SMARTANT_GRPC_PORT: String(ports.storageMigratorGrpc),
      SMARTANT_SCHEDULER_ADDRESS: `127.0.0.1:${ports.schedulerGrpc}`,
    }),
    await describe('db-migrator', ports.dbMigratorAdmin, {
      SMARTANT_GRPC_PORT: String(ports.dbMigratorGrpc),
      SMARTANT_SCHEDULER_ADDRESS: `127.0.0.1:${ports.schedulerGrpc}`,
    }),
    await describe('host-migrator', ports.hostMigratorAdmin, {
      SMARTANT_RESCUE_DIR: process.env.SMARTANT_RESCUE_DIR || provisionedRescue(),
      SMARTANT_MACHINES_DIR: join(dataFolder, 'machines'),
      SMARTANT_GRPC_PORT: String(ports.hostMigratorGrpc),
      SMARTANT_SCHEDULER_ADDRESS: `127.0.0.1:${ports.schedulerGrpc}`,
    }),
    await describe('notifier', ports.notifierAdmin, {
      SMARTANT_GRPC_PORT: String(ports.notifierGrpc),
      SMARTANT_INTAKE_PORT: String(ports.notifierIntake),
      SMARTANT_INTAKE_TOKEN_FILE: secrets['intake-token'].path,
      SMARTANT_NOTIFIER_KEY_FILE: secrets['notifier-key'].path,
      SMARTANT_PUBLIC_URL: process.env.SMARTANT_PUBLIC_URL || `http://127.0.0.1:${ports.http}`,
    }),
  ];
}

/** Where `npm run provision -- rescue` puts the rescue system; empty where it was not made. */
function provisionedRescue() {
  const folder = join(process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant'), 'rescue');
  return existsSync(folder) ? folder : '';
}

export const isReady = (adminPort) => async () =>
  (await fetch(`http://127.0.0.1:${adminPort}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
