import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastingPort, startS3, type FaultProxy, type S3Kind, type S3Server, type Toxiproxy } from '@smartant/test-servers';
import { Bucket } from '../../platform/bucket';
import { persistently } from './persistently';

/** A real S3 server that is killed and started again on its data, reached by the platform through a network that fails. */
export class StoreUnderFault {
  private constructor(
    private server: S3Server,
    private readonly dataFolder: string,
    readonly network: FaultProxy,
  ) {}

  static async start(kind: S3Kind, toxiproxy: Toxiproxy): Promise<StoreUnderFault> {
    const dataFolder = mkdtempSync(join(tmpdir(), `smartant-${kind}-`));
    const server = await startS3(kind, { port: await lastingPort(), dataFolder });
    return new StoreUnderFault(server, dataFolder, await toxiproxy.createProxy(new URL(server.serviceUrl).host));
  }

  /** For the test itself: past the failing network. */
  async makeBucket(name: string): Promise<Bucket> {
    await persistently(() => this.server.createBucket(name).catch(unlessMade));
    return new Bucket(this.server, name);
  }

  /** How the platform reaches a bucket of it. */
  endpointOf(bucket: Bucket): object {
    return bucket.inline('', `http://${this.network.address}`);
  }

  async crash(): Promise<void> {
    await this.server.stop();
  }

  async restart(): Promise<void> {
    const { kind, serviceUrl } = this.server;
    this.server = await startS3(kind, { port: Number(new URL(serviceUrl).port), dataFolder: this.dataFolder });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}

/** Made by an earlier try whose answer was lost. */
function unlessMade(error: unknown): void {
  if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
}
