import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Error } from './s3-error.mjs';

const fileNameOf = (key) => `${createHash('sha256').update(key).digest('hex')}.json`;

/** Replaces a file so that a reader (or a restart) sees the old content or the new, never half of it. */
function replaceFile(path, content) {
  const fresh = `${path}.${randomUUID()}.new`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

/** Keys in the order of their UTF-8 bytes, kept sorted by binary insertion. */
class SortedKeys {
  #keys = [];

  /** Index of the first key >= `key` (or > `key` with `after`). */
  position(key, after = false) {
    const wanted = Buffer.from(key);
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = Buffer.compare(this.#keys[middle].bytes, wanted);
      if (order < 0 || (after && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(key) {
    this.#keys.splice(this.position(key), 0, { key, bytes: Buffer.from(key) });
  }

  remove(key) {
    this.#keys.splice(this.position(key), 1);
  }

  at(index) {
    return this.#keys[index]?.key;
  }

  get size() {
    return this.#keys.length;
  }
}

/**
 * One bucket on disk. An object is a small JSON record named by the SHA-256 of its key, so that no key is ever a path,
 * and one data file (several for a multipart object, which is never joined). Changes of a record are synchronous, so
 * a condition and the write it guards are one step. The data outlives the process, not a power cut: nothing is fsynced.
 */
export class BucketStore {
  #folder;
  #objects = new Map();
  #uploads = new Map();
  keys = new SortedKeys();

  constructor(folder) {
    this.#folder = folder;
    for (const part of ['objects', 'uploads', 'data']) mkdirSync(join(folder, part), { recursive: true });
    this.#load();
  }

  get dataFolder() {
    return join(this.#folder, 'data');
  }

  #load() {
    const read = (part) =>
      readdirSync(join(this.#folder, part))
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(this.#folder, part, name), 'utf8')));
    for (const object of read('objects')) {
      this.#objects.set(object.key, object);
      this.keys.add(object.key);
    }
    for (const upload of read('uploads')) this.#uploads.set(upload.uploadId, upload);
    const used = new Set([...this.#objects.values()].flatMap((object) => object.files.map(({ file }) => file)));
    for (const upload of this.#uploads.values()) for (const part of Object.values(upload.parts)) used.add(part.file);
    for (const file of readdirSync(this.dataFolder)) if (!used.has(file)) this.discard(file);
  }

  discard(file) {
    rmSync(join(this.dataFolder, file), { force: true });
  }

  find(key) {
    return this.#objects.get(key);
  }

  get(key) {
    const object = this.#objects.get(key);
    if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
    return object;
  }

  /** Stores a record in the place of what is under its key, when `condition` allows it. */
  put(object, condition) {
    const existing = this.#objects.get(object.key);
    checkWriteCondition(existing, condition);
    replaceFile(join(this.#folder, 'objects', fileNameOf(object.key)), JSON.stringify(object));
    this.#objects.set(object.key, object);
    if (!existing) this.keys.add(object.key);
    const kept = new Set(object.files.map(({ file }) => file));
    for (const { file } of existing?.files ?? []) if (!kept.has(file)) this.discard(file);
  }

  /** Nothing happens when it is gone already, except where `condition` names an etag. */
  delete(key, condition) {
    if (condition?.ifMatch !== undefined) checkWriteCondition(this.get(key), condition);
    const existing = this.#objects.get(key);
    if (!existing) return;
    rmSync(join(this.#folder, 'objects', fileNameOf(key)), { force: true });
    this.#objects.delete(key);
    this.keys.remove(key);
    for (const { file } of existing.files) this.discard(file);
  }

  get isEmpty() {
    return this.#objects.size === 0;
  }

  uploads() {
    return [...this.#uploads.values()];
  }

  upload(uploadId, key) {
    const upload = this.#uploads.get(uploadId);
    if (!upload || upload.key !== key) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.');
    return upload;
  }

  saveUpload(upload) {
    replaceFile(join(this.#folder, 'uploads', `${upload.uploadId}.json`), JSON.stringify(upload));
    this.#uploads.set(upload.uploadId, upload);
  }

  /** Forgets an upload; its parts' files too unless they became an object's. */
  endUpload(upload, keptFiles = new Set()) {
    rmSync(join(this.#folder, 'uploads', `${upload.uploadId}.json`), { force: true });
    this.#uploads.delete(upload.uploadId);
    for (const part of Object.values(upload.parts)) if (!keptFiles.has(part.file)) this.discard(part.file);
  }
}

const unquoted = (etag) => etag.trim().replace(/^"|"$/g, '');

function checkWriteCondition(existing, { ifMatch, ifNoneMatch } = {}) {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw new S3Error('NotImplemented', 'If-None-Match of a write takes only *.');
    if (existing) throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
  }
  if (ifMatch === undefined) return;
  if (!existing) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (unquoted(ifMatch) !== existing.etag)
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
}

/** All buckets of a server, one folder each. */
export class BucketStores {
  #folder;
  #buckets = new Map();

  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) this.#buckets.set(name, new BucketStore(join(folder, name)));
  }

  names() {
    return [...this.#buckets.keys()].sort();
  }

  get(name) {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.');
    return bucket;
  }

  create(name) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..')) {
      throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.');
    }
    if (this.#buckets.has(name)) throw new S3Error('BucketAlreadyOwnedByYou', 'The bucket exists and you own it.');
    this.#buckets.set(name, new BucketStore(join(this.#folder, name)));
  }

  delete(name) {
    if (!this.get(name).isEmpty) throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty.');
    rmSync(join(this.#folder, name), { recursive: true, force: true });
    this.#buckets.delete(name);
  }

  has(name) {
    return this.#buckets.has(name);
  }
}
