import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startHost, type StartHostOptions, type TestHost } from '@smartant/test-servers';
import { treeManifest } from '../../services/host-migrator/connectors/linux/files/fixtures/tree-manifest';
import { SERVICE_MANAGER } from './service-manager';

/** Where the source arrives at the target. */
export const DIRECTORY = '/srv/new';
/** A service of the source that writes to `WRITTEN` all the time while it runs. */
export const WRITER = 'writer';
const WRITTEN = 'srv/written';

type Side = 'source' | 'target';
export type HostPairOptions = Partial<Record<Side, StartHostOptions>>;

/** Two hosts in namespaces, to which root signs in by SSH. The source has a service that can be started and stopped. */
export class HostPair {
  constructor(
    readonly source: TestHost,
    readonly target: TestHost,
  ) {}

  static async start(options: HostPairOptions = {}): Promise<HostPair> {
    const [source, target] = await Promise.all(
      (['source', 'target'] as const).map((name) => startHost({ name, light: true, ...options[name] })),
    );
    const pair = new HostPair(source!, target!);
    mkdirSync(join(pair.target.root, DIRECTORY), { recursive: true });
    pair.within('source', 'cat >/usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl', SERVICE_MANAGER);
    return pair;
  }

  stop(): Promise<unknown> {
    return Promise.all([this.source.stop(), this.target.stop()]);
  }

  /** Runs a script as root inside of one of them, past the network. */
  within(side: Side, script: string, input = ''): string {
    return execFileSync('nsenter', ['-t', String(this[side].pid()), '-a', 'sh', '-c', script], { input, encoding: 'utf8' });
  }

  /** What the API takes; `location` and `secret` say what is other than the host's own. */
  endpoint(side: Side, location: object = {}, secret: object = { privateKeyPem: this[side].privateKeyPem }): object {
    return { location: { ...this[side].location, ...location }, secret: { kind: 'ssh', ...secret } };
  }

  /** Into a file of the source. */
  write(path: string, content: string): void {
    const full = join(this.source.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  /** A file that has arrived; null when it has not. */
  arrived(path: string): string | null {
    const full = join(this.target.root, DIRECTORY, path);
    return existsSync(full) ? readFileSync(full, 'utf8') : null;
  }

  /** Whether anything of the source stands at the target. */
  hasBegun(): boolean {
    return readdirSync(join(this.target.root, DIRECTORY)).some((name) => !name.startsWith('.smartant-'));
  }

  /** Everything about a part of the tree at both sides, a line for each entry, told by a program that is not the product's. */
  trees(part: string): Record<Side, string[]> {
    // What the migration keeps for itself until it ends.
    const tree = (root: string) => treeManifest(join(root, part)).filter((line) => !line.includes('.smartant-mig_'));
    return { source: tree(this.source.root), target: tree(join(this.target.root, DIRECTORY)) };
  }

  startWriter(): void {
    this.within('source', `systemctl start ${WRITER}`);
  }

  writerRuns(): boolean {
    return this.within('source', `systemctl is-active --quiet ${WRITER} && echo yes; true`).includes('yes');
  }

  written(): string {
    return readFileSync(join(this.source.root, WRITTEN), 'utf8');
  }

  /** Folders, keys and processes that a migration has left at the hosts. */
  leftBehind(): string[] {
    const look =
      'find / /run /dev/shm -xdev -name "*smartant-mig*"; grep -H smartant-mig /root/.ssh/authorized_keys /home/mover/.ssh/authorized_keys; ps -eo args | grep "[s]martant-mig_"; true';
    return (['source', 'target'] as const).flatMap((side) =>
      this.within(side, look)
        .split('\n')
        .filter(Boolean)
        .map((line) => `${side}: ${line}`),
    );
  }
}
