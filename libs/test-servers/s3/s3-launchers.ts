import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { provisionedBinary } from '../provisioned-binary';

/** `sample`: the server of tools/sample, always there; `unconditional`: the same, deaf to conditions on writes. `minio`, `versitygw`: provisioned. `s3rver`: from npm, loose in many ways. */
export type S3Kind = 'sample' | 'unconditional' | 'minio' | 'versitygw' | 's3rver';

interface LaunchSettings {
  port: number;
  dataFolder: string;
  accessKeyId: string;
  secretAccessKey: string;
}

interface S3Launcher {
  credentials: { accessKeyId: string; secretAccessKey: string };
  missing(): string | null;
  command(settings: LaunchSettings): { command: string; args: string[]; env?: Record<string, string>; cwd?: string };
  readyPath: string;
  readyStatus: number[];
}

const credentials = { accessKeyId: 'smartant-test', secretAccessKey: 'smartant-test-secret' };
const ANSWERS = [200, 400, 401, 403, 404];

const provisioned = (name: string) => () =>
  provisionedBinary(name) ? null : `${name} is not provisioned on this machine (npm run provision).`;

const binary = (name: string): string => provisionedBinary(name) ?? name;

function sampleLauncher(flags: string[]): S3Launcher {
  return {
    credentials,
    missing: () => (sampleServer() ? null : 'tools/sample/s3-server/main.mjs was not found above the working directory.'),
    command: ({ port, dataFolder, accessKeyId, secretAccessKey }) => ({
      command: process.execPath,
      args: [sampleServer() ?? '', '--data', dataFolder, '--port', String(port), ...flags],
      env: { SAMPLE_S3_ACCESS_KEY: accessKeyId, SAMPLE_S3_SECRET_KEY: secretAccessKey },
    }),
    readyPath: '/',
    readyStatus: ANSWERS,
  };
}

export const s3Launchers: Record<S3Kind, S3Launcher> = {
  sample: sampleLauncher([]),
  unconditional: sampleLauncher(['--ignore-write-conditions']),
  minio: {
    credentials,
    missing: provisioned('minio'),
    command: ({ port, dataFolder, accessKeyId, secretAccessKey }) => ({
      command: binary('minio'),
      args: ['server', dataFolder, '--address', `127.0.0.1:${port}`, '--console-address', '127.0.0.1:0', '--quiet'],
      env: {
        MINIO_ROOT_USER: accessKeyId,
        MINIO_ROOT_PASSWORD: secretAccessKey,
        // Buckets also answer as bucket.s3.test, for those who resolve that to the loopback address.
        MINIO_DOMAIN: 's3.test',
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        // Lets it use a folder of the system's own disk.
        MINIO_CI_CD: 'on',
      },
    }),
    readyPath: '/minio/health/ready',
    readyStatus: [200],
  },
  versitygw: {
    credentials,
    missing: provisioned('versitygw'),
    command: ({ port, dataFolder, accessKeyId, secretAccessKey }) => ({
      command: binary('versitygw'),
      args: ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', 'posix', dataFolder],
      env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    }),
    readyPath: '/',
    readyStatus: ANSWERS,
  },
  s3rver: {
    // Fixed in its sources.
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    missing: () => null,
    command: ({ port, dataFolder }) => ({
      command: process.execPath,
      // Its signature check fails on the AWS SDK's bucket creation, so signatures are not checked at all.
      // Its continuation tokens are DES: without the legacy provider a listing of more than one page is a 500.
      args: ['--openssl-legacy-provider', '-e', S3RVER, require.resolve('@20minutes/s3rver'), dataFolder, String(port)],
    }),
    readyPath: '/',
    readyStatus: ANSWERS,
  },
};

const S3RVER = `
const [path, directory, port] = process.argv.slice(1);
new (require(path))({ directory, port: Number(port), address: '127.0.0.1', silent: true, vhostBuckets: false, allowMismatchedSignatures: true }).run();
`;

function sampleServer(): string | undefined {
  for (let folder = __dirname; ; folder = join(folder, '..')) {
    const path = join(folder, 'tools', 'sample', 's3-server', 'main.mjs');
    if (existsSync(path)) return path;
    if (folder === join(folder, '..')) return undefined;
  }
}
