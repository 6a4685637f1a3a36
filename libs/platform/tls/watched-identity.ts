import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface IdentityFiles {
  certFile: string;
  keyFile: string;
  /** Authorities of the peers; absent where nobody's certificate is asked for. */
  caFile?: string;
}

/** PEM contents that fit together. */
export interface Identity {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
}

export interface WatchOptions {
  onChange: (identity: Identity) => void;
  /** The files changed to something unusable: the earlier identity stays in use. Told once for each such change. */
  onProblem: (error: Error) => void;
  /** How often the files are looked at. Files are small, and watching by the system misses what Kubernetes does with links. */
  everyMs?: number;
}

const LOOK_EVERY_MS = 10_000;

/**
 * Certificate files that are renewed while the process runs. Certificate and key are two files, which cannot be replaced in one
 * step: a pair that does not fit is looked at again before it is a problem.
 */
export class WatchedIdentity {
  private readonly timer: NodeJS.Timeout;
  private lastProblem = '';
  private suspected = '';

  /** Raises what is wrong with the files at the start. */
  static open(files: IdentityFiles, options: WatchOptions): WatchedIdentity {
    return new WatchedIdentity(files, readIdentity(files), options);
  }

  private constructor(
    private readonly files: IdentityFiles,
    private identity: Identity,
    private readonly options: WatchOptions,
  ) {
    this.timer = setInterval(() => this.look(), options.everyMs ?? LOOK_EVERY_MS).unref();
  }

  get current(): Identity {
    return this.identity;
  }

  /** Looks at the files now. */
  look(): void {
    try {
      const found = readIdentity(this.files);
      this.suspected = this.lastProblem = '';
      if (isSame(found, this.identity)) return;
      this.identity = found;
      this.options.onChange(found);
    } catch (error) {
      const text = String(error);
      if (this.suspected === text && this.lastProblem !== text) this.options.onProblem(error as Error);
      if (this.suspected === text) this.lastProblem = text;
      this.suspected = text;
    }
  }

  close(): void {
    clearInterval(this.timer);
  }
}

/** Raises for a file that cannot be read, and for a key that is not the certificate's. */
export function readIdentity({ certFile, keyFile, caFile }: IdentityFiles): Identity {
  const identity = {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
  };
  const certificate = new X509Certificate(identity.cert);
  if (!certificate.checkPrivateKey(createPrivateKey(identity.key)))
    throw new Error(`The key in ${keyFile} is not that of the certificate in ${certFile}.`);
  if (identity.ca) void new X509Certificate(identity.ca);
  return identity;
}

function isSame(a: Identity, b: Identity): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca ?? EMPTY).equals(b.ca ?? EMPTY);
}

const EMPTY = Buffer.alloc(0);
