import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startChildServer } from '../child-server';
import { freePort } from '../guarded-server';
import { s3Launchers, type S3Kind } from './s3-launchers';

export type { S3Kind } from './s3-launchers';

/** A real S3 server on a loopback port, with its own folder. */
export interface S3Server {
  readonly kind: S3Kind;
  readonly serviceUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pid: number;
  createBucket(name: string): Promise<void>;
  /** Ends the process; a temporary folder is removed. */
  stop(): Promise<void>;
}

export interface StartS3Options {
  /** Default: a free one. */
  port?: number;
  /** Kept when given; default: a temporary folder, removed by `stop`. */
  dataFolder?: string;
  /** Default: the launcher's own. For tests that look for it where it must not be. */
  secretAccessKey?: string;
}

const REGION = 'us-east-1';

/** Why a kind cannot run on this machine, or null when it can: for `describeIf`. */
export function whyNoS3(kind: S3Kind): string | null {
  return s3Launchers[kind].missing();
}

/** Starts an S3 server as a child process that dies with its parent. Rejects when its program is absent. */
export async function startS3(kind: S3Kind, options: StartS3Options = {}): Promise<S3Server> {
  const launcher = s3Launchers[kind];
  const missing = launcher.missing();
  if (missing) throw new Error(missing);
  const port = options.port ?? (await freePort());
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), `smartant-${kind}-`)));
  const serviceUrl = `http://127.0.0.1:${port}`;
  const credentials = { ...launcher.credentials, ...(options.secretAccessKey ? { secretAccessKey: options.secretAccessKey } : {}) };
  const child = await startChildServer({
    name: kind,
    ...launcher.command({ port, dataFolder, ...credentials }),
    ready: async () => {
      const response = await fetch(new URL(launcher.readyPath, serviceUrl), { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return launcher.readyStatus.includes(response.status);
    },
  });
  return {
    kind,
    serviceUrl,
    region: REGION,
    ...credentials,
    pid: child.pid,
    createBucket: (name) => createBucket({ serviceUrl, ...credentials }, name),
    stop: async () => {
      await child.stop();
      if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function createBucket(server: { serviceUrl: string; accessKeyId: string; secretAccessKey: string }, name: string): Promise<void> {
  const client = new S3Client({
    endpoint: server.serviceUrl,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } finally {
    client.destroy();
  }
}
