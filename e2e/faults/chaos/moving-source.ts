import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Bucket, StoredObject } from '../../platform/bucket';
import { persistently } from './persistently';
import type { SeededRandom } from './seeded-random';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What of an object must arrive; a source of files has no more than content and size. */
export type Expected = Pick<StoredObject, 'sha256' | 'size'> & Partial<StoredObject>;

/** Data that its users go on changing while it is migrated. */
export interface MovingSource {
  readonly description: string;
  /** The body that the API takes for it. */
  readonly endpoint: object;
  /** How many objects are there now. */
  count(): number;
  /** Some objects are added, some overwritten, some deleted. */
  change(): Promise<void>;
  /** Everything, read afresh and without the product's code. */
  contents(): Promise<Map<string, Expected>>;
  dispose(): void;
}

const keyOf = (index: number): string => `folder ${index % 7}/${index % 3 === 0 ? 'é ' : ''}object-${index}`;

/** Content that no other version of no other object has. */
const bodyOf = (key: string, version: number, size: number): Buffer => Buffer.alloc(size, `${key} v${version}; `);

/** Which objects there are, and what becomes of them; where they are kept is for the two kinds below. */
abstract class ChangingObjects {
  private readonly versions = new Map<string, number>();
  private made = 0;

  constructor(protected readonly random: SeededRandom) {}

  protected abstract write(key: string, body: Buffer, version: number): Promise<void>;
  protected abstract remove(key: string): Promise<void>;

  count(): number {
    return this.versions.size;
  }

  /** Small objects, empty ones, and `large` ones of several parts. */
  async fill(small: number, large: number): Promise<void> {
    await Promise.all(Array.from({ length: small }, () => this.add(this.random.between(0, 24) * KIB)));
    for (let i = 0; i < large; i += 1) await this.add(this.random.between(17, 40) * MIB);
  }

  async change(): Promise<void> {
    for (let i = this.random.between(1, 6); i > 0; i -= 1) await this.add(this.random.between(0, 24) * KIB);
    for (let i = this.random.between(1, 6); i > 0; i -= 1)
      await this.put(this.random.pick([...this.versions.keys()]), this.random.between(0, 24) * KIB);
    for (let i = this.random.between(0, 4); i > 0; i -= 1) {
      const key = this.random.pick([...this.versions.keys()]);
      this.versions.delete(key);
      await this.remove(key);
    }
  }

  private add(size: number): Promise<void> {
    return this.put(keyOf(this.made++), size);
  }

  private async put(key: string, size: number): Promise<void> {
    const version = (this.versions.get(key) ?? 0) + 1;
    this.versions.set(key, version);
    await this.write(key, bodyOf(key, version, size), version);
  }
}

/** A folder that an administrator registered, on a disk that every replica sees. */
export class FileTreeSource extends ChangingObjects implements MovingSource {
  readonly description = 'files';
  readonly path = mkdtempSync(join(tmpdir(), 'smartant-tree-'));

  constructor(
    readonly rootName: string,
    random: SeededRandom,
  ) {
    super(random);
  }

  get endpoint(): object {
    return { location: { kind: 'file', root: this.rootName, path: '' }, secret: { kind: 'none' } };
  }

  protected async write(key: string, body: Buffer): Promise<void> {
    mkdirSync(dirname(join(this.path, key)), { recursive: true });
    writeFileSync(join(this.path, key), body);
  }

  protected async remove(key: string): Promise<void> {
    rmSync(join(this.path, key));
  }

  async contents(): Promise<Map<string, Expected>> {
    const found = new Map<string, Expected>();
    for (const entry of readdirSync(this.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const body = readFileSync(path);
      found.set(relative(this.path, path), { sha256: createHash('sha256').update(body).digest('hex'), size: body.length });
    }
    return found;
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A bucket whose objects have metadata, tags and headers. */
export class BucketSource extends ChangingObjects implements MovingSource {
  readonly description = 'bucket';

  constructor(
    private readonly bucket: Bucket,
    readonly endpoint: object,
    random: SeededRandom,
  ) {
    super(random);
  }

  protected write(key: string, body: Buffer, version: number): Promise<void> {
    return persistently(() =>
      this.bucket.put(key, body, {
        ContentType: 'text/x-changing; charset=utf-8',
        CacheControl: 'max-age=60',
        Metadata: { version: String(version) },
        Tagging: `version=${version}`,
      }),
    );
  }

  protected remove(key: string): Promise<void> {
    return persistently(() => this.bucket.remove(key));
  }

  contents(): Promise<Map<string, Expected>> {
    return persistently(() => this.bucket.contents());
  }

  dispose(): void {
    this.bucket.client.destroy();
  }
}
