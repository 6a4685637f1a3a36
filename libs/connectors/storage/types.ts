import type { NetworkSecret, TlsChoice, Way } from '../network/ways';

/**
 * What storage-migrator asks of an object store or a file tree. Mandatory parts are small; an ability that a store
 * lacks is absent from `abilities` and is refused while planning, never silently passed over.
 *
 * Keys are strings relative to the endpoint's prefix (or path), ordered by their UTF-8 bytes (`compareUtf8`).
 * Every call takes an AbortSignal and rejects with a SmartantError classified by the connector:
 * STORAGE_ACCESS_DENIED, STORAGE_CREDENTIALS_INVALID, STORAGE_BUCKET_NOT_FOUND, STORAGE_OBJECT_NOT_FOUND,
 * STORAGE_SOURCE_CHANGED, STORAGE_PRECONDITION_FAILED, STORAGE_UNREACHABLE (backoff), STORAGE_THROTTLED (backoff),
 * STORAGE_TIMEOUT (backoff), STORAGE_REJECTED, STORAGE_CHECKSUM_MISMATCH (backoff), STORAGE_UPLOAD_NOT_FOUND.
 */

/** A half-open range of keys: after < key <= through. Undefined: from the beginning, to the end. */
export interface KeyRange {
  after?: string;
  through?: string;
}

/** One entry of an inventory. */
export interface ListedObject {
  key: string;
  /** Bytes. 0 for a directory marker. */
  size: number;
  /** Milliseconds since the epoch, as the store tells it; for files the later of mtime and ctime. */
  modifiedAtMs: number;
  /** The store's entity tag without quotes. Absent for files. */
  etag?: string;
  /**
   * An opaque value that differs whenever content or preserved properties may have changed (S3: etag + size +
   * last-modified; files: inode + size + mtime + ctime, in nanoseconds).
   */
  changeId: string;
  /** Set when the entry cannot be migrated as an object (a socket, a broken link…): it is counted, never copied. */
  skip?: { code: string; reason: string };
  /**
   * Set when the entry stands for everything whose key begins with its own, none of which could be listed: a folder that may
   * not be read. It is told in every range that may hold such keys, also where its own key comes before the range.
   */
  unreadable?: { code: string; reason: string };
}

/** What is preserved of an object besides its bytes. Absent and empty mean the same. */
export interface ObjectProperties {
  contentType?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  cacheControl?: string;
  /** HTTP date as stored. */
  expires?: string;
  websiteRedirectLocation?: string;
  /** User metadata, names in lower case, without the x-amz-meta- prefix. */
  metadata: Record<string, string>;
  tags: Record<string, string>;
}

export interface ByteRange {
  /** First byte. */
  start: number;
  /** One past the last byte. */
  end: number;
}

export interface StorageReader {
  /** Objects of a range in UTF-8 order, each key once. Follows pages lazily: memory does not grow with the store. */
  list(range: KeyRange, signal: AbortSignal): AsyncIterable<ListedObject>;

  /** Properties (and tags where the store has them) of the listed version. Raises STORAGE_SOURCE_CHANGED if it was replaced since. */
  properties(object: ListedObject, signal: AbortSignal): Promise<ObjectProperties>;

  /**
   * All of a small object, bytes and properties in as few requests as the store allows. `object.size` bounds the read.
   * Raises STORAGE_SOURCE_CHANGED if it is not the listed version, or changed while it was read.
   */
  read(object: ListedObject, signal: AbortSignal): Promise<{ bytes: Buffer; properties: ObjectProperties }>;

  /**
   * A range of a large object, of the listed version (If-Match, or the file's identity before and after the read). The answer
   * is a view of `into` where that is given and long enough: it belongs to the caller again once the promise has settled.
   */
  readRange(object: ListedObject, range: ByteRange, signal: AbortSignal, into?: Buffer): Promise<Buffer>;

  /**
   * A key that splits the range in two non-empty halves of roughly equal counts, found by a bounded number of
   * requests; null when there is none. Used to bisect the key space. Optional ability.
   */
  findSplit?(range: KeyRange, signal: AbortSignal): Promise<string | null>;

  /**
   * True when an object of this key is there now, a scratch object as well; relative to the prefix. Optional ability, with
   * `StorageWriter.whileMarked`.
   */
  holds?(key: string, signal: AbortSignal): Promise<boolean>;

  /**
   * False when the credentials may read an object but not its tags: a store that hides them then passes for one without tags.
   * Optional ability.
   */
  mayReadTags?(object: ListedObject, signal: AbortSignal): Promise<boolean>;

  /** Children one level below a path, for browsing. */
  browse(path: string, pageSize: number, pageToken: string | undefined, signal: AbortSignal): Promise<BrowsePage>;

  /** Reaches the store and signs in; resolves with what it can do. Changes nothing. */
  probe(signal: AbortSignal): Promise<ProbeResult>;

  close(): Promise<void>;
}

export interface BrowsePage {
  items: { path: string; kind: 'bucket' | 'prefix' | 'object' | 'directory' | 'file'; sizeBytes: number }[];
  nextPageToken?: string;
}

export interface ProbeResult {
  abilities: StorageAbility[];
  roundTripMs: number;
  /** The store's clock minus ours, in milliseconds, when it tells (HTTP Date). */
  clockSkewMs?: number;
}

/**
 * - `etag-is-md5`: the etag of a single-part object is the MD5 of its content.
 * - `conditional-put`: If-None-Match and If-Match are honoured on PUT (tried, not assumed).
 * - `conditional-complete`: If-None-Match is honoured where a multipart upload is completed (tried).
 * - `conditional-delete`: a delete is refused when the object has another etag than the one given (tried).
 * - `checksum-crc32`: a PUT with a wrong x-amz-checksum-crc32 is refused (tried).
 * - `content-md5`: a PUT with a wrong Content-MD5 is refused (tried).
 * - `tags`: object tags can be written and read back (tried).
 * - `slash-keys`: a key that ends in "/" keeps its content, and "n" and "n/b" can both exist (tried).
 */
export type StorageAbility =
  | 'etag-is-md5'
  | 'conditional-put'
  | 'conditional-complete'
  | 'conditional-delete'
  | 'checksum-crc32'
  | 'content-md5'
  | 'tags'
  | 'slash-keys';

/** A write happens only when the target still is as it was last seen. */
export type PutCondition = { kind: 'absent' } | { kind: 'matches'; etag: string } | { kind: 'any' };

export interface PartReceipt {
  partNumber: number;
  etag: string;
  size: number;
  /** Base64 CRC32 of the part, where the store keeps one. */
  crc32?: string;
}

/** Who may write, and who must hear of writes that nobody can vouch for. */
export interface WriteGuard {
  /** Throws when nothing more may be written. Cheap and synchronous. */
  mayWrite(): void;
  /** Awaited when the outcome of a write that no condition protects was not heard: it may still land, also after a later one. */
  mayLandLate(): Promise<void>;
}

/** With these codes a store says that it does not let us look for unfinished uploads (`uploadsOf`): nothing more can be done about them. */
export const UPLOADS_UNTOLD: ReadonlySet<string> = new Set(['STORAGE_ACCESS_DENIED', 'STORAGE_UNSUPPORTED', 'STORAGE_REJECTED']);

export interface StorageWriter {
  /**
   * The same writer under a guard, which is asked right before each request that changes the store, and before each piece of
   * a body: what it throws ends the request, and no further byte of it is sent. So a holder whose lease has run out, however
   * long it was asleep, writes nothing more. Trials are not guarded: they touch scratch names only, and have to clean up.
   */
  guardedBy(guard: WriteGuard): StorageWriter;

  /** Writes a whole object, atomically. Raises STORAGE_PRECONDITION_FAILED when `condition` does not hold. */
  put(key: string, bytes: Buffer, properties: ObjectProperties, condition: PutCondition, signal: AbortSignal): Promise<{ etag: string }>;

  /** `perhapsTwice`: an earlier attempt whose answer was lost may have begun another upload, of unknown id. */
  beginMultipart(key: string, properties: ObjectProperties, signal: AbortSignal): Promise<{ uploadId: string; perhapsTwice?: boolean }>;
  putPart(key: string, uploadId: string, partNumber: number, bytes: Buffer, signal: AbortSignal): Promise<PartReceipt>;
  /** Parts already stored for an upload, to resume it. Raises STORAGE_UPLOAD_NOT_FOUND. */
  listParts(key: string, uploadId: string, signal: AbortSignal): Promise<PartReceipt[]>;
  completeMultipart(
    key: string,
    uploadId: string,
    parts: PartReceipt[],
    properties: ObjectProperties,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<{ etag: string }>;
  /** Idempotent: an upload that is gone is a success. */
  abortMultipart(key: string, uploadId: string, signal: AbortSignal): Promise<void>;

  /**
   * Deletes objects; idempotent. Resolves with the keys that could not be deleted and why. `etags`, by key, for a store with
   * `conditional-delete`: an object that has another etag by now stays, with STORAGE_PRECONDITION_FAILED.
   */
  remove(
    keys: string[],
    signal: AbortSignal,
    etags?: ReadonlyMap<string, string>,
  ): Promise<{ key: string; code: string; message: string }[]>;

  /**
   * Unfinished multipart uploads of one key, whoever began them. `initiatedAtMs`: milliseconds since the epoch by the store's
   * clock. Optional ability: finds what was begun by a process that died before it could record the id.
   */
  uploadsOf?(key: string, signal: AbortSignal): Promise<{ uploadId: string; initiatedAtMs: number }[]>;

  /** Tries, under a scratch key below the prefix that it removes again, everything a migration will do. */
  tryWriting(signal: AbortSignal): Promise<{ abilities: StorageAbility[]; problems: { code: string; message: string; hint: string }[] }>;

  /**
   * Takes away what trials left below the prefix: this process's own at once, also what landed after its trial was over, others' when they must
   * be dead. Costs one listing where there is nothing. Optional ability: a run leaves nothing of ours behind.
   */
  removeTrials?(signal: AbortSignal): Promise<void>;

  /**
   * Leaves a scratch object whose key begins with `folder` while `work` runs, and removes it whatever happens. `work` is given
   * its key, relative to the prefix. Listings leave it out. Optional ability: shows whether two endpoints are one store.
   */
  whileMarked?<T>(folder: string, work: (key: string) => Promise<T>, signal: AbortSignal): Promise<T>;

  readonly partLimits: { minBytes: number; maxBytes: number; maxParts: number };
}

export interface StorageConnector {
  /** What it was opened for. */
  readonly location: StorageLocation;
  readonly reader: StorageReader;
  /** Absent where the endpoint can only be read (file roots). */
  readonly writer?: StorageWriter;
  /** Absent where what is missing is made by somebody else (file roots). */
  readonly place?: StoragePlace;
}

/** What objects are kept in, and can be made where it is missing. */
export interface StoragePlace {
  /** What makes it, as people say it: "CreateBucket photos". */
  readonly statement: string;
  /** Empty and private. One of one's own that is there already is no error. Raises STORAGE_ACCESS_DENIED and what the store says. */
  make(signal: AbortSignal): Promise<void>;
}

/** The secrets of an endpoint; resolved just in time, never stored. */
export type StorageSecret = ({ kind: 's3'; accessKeyId: string; secretAccessKey: string; sessionToken?: string } | { kind: 'none' }) & {
  /** Of the way to the endpoint, and of its TLS. */
  network?: NetworkSecret;
};

export type StorageLocation =
  | {
      kind: 's3';
      serviceUrl: string;
      region: string;
      bucket: string;
      prefix: string;
      addressing: 'path' | 'virtual';
      tlsCaPem?: string;
      tls?: TlsChoice;
      /** Absent or empty: reached directly. */
      via?: Way[];
    }
  | { kind: 'file'; rootPath: string; path: string };

/** Opens a connector. `secret` is called whenever a fresh secret is wanted, and caches as it likes. */
export type OpenStorage = (location: StorageLocation, options: OpenStorageOptions) => StorageConnector;

export interface OpenStorageOptions {
  secret: (signal: AbortSignal) => Promise<StorageSecret>;
  /** File trees: what to do with symbolic links. */
  symlinks?: 'skip' | 'follow';
  /** File trees: list empty directories as keys that end in "/". */
  directoryMarkers?: boolean;
  /** Called before each request; waits until limits allow it. */
  admit?: (request: { bytes: number }, signal: AbortSignal) => Promise<void>;
  /** Called when a request is repeated after a passing failure. */
  onRetry?: (code: string) => void;
}
