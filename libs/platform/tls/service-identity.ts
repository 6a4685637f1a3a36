import { SmartantError } from '@smartant/kernel';
import type { TlsMaterial } from './tls-material';
import { WatchedIdentity, type Identity } from './watched-identity';

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

type Listener = (material: TlsMaterial) => void;

/**
 * What a service proves itself with to others, and whom it trusts; followed while its files are renewed. Connections that
 * are open go on with what they began with.
 */
export class ServiceIdentity {
  private readonly listeners = new Set<Listener>();
  private readonly watched: WatchedIdentity;

  /** Raises TLS_FILE_UNREADABLE. `everyMs`: how often the files are looked at. */
  constructor(files: { caFile: string; certFile: string; keyFile: string }, log: Log, everyMs?: number) {
    const onChange = (identity: Identity) => {
      log.info({ certFile: files.certFile }, 'the certificate of this service was renewed');
      for (const listener of this.listeners) listener(identity as TlsMaterial);
    };
    const onProblem = (err: Error) => log.warn({ err }, 'a renewed certificate cannot be used; the earlier one stays');
    try {
      this.watched = WatchedIdentity.open(files, { onChange, onProblem, everyMs });
    } catch (error) {
      throw new SmartantError('TLS_FILE_UNREADABLE', `The certificate of this service cannot be used: ${(error as Error).message}`, {
        kind: 'invalid',
        actor: 'operator',
        hint: 'Check SMARTANT_TLS_CA_FILE, SMARTANT_TLS_CERT_FILE and SMARTANT_TLS_KEY_FILE, and who may read them.',
        cause: error,
      });
    }
  }

  get material(): TlsMaterial {
    return this.watched.current as TlsMaterial;
  }

  /** Called with each renewal. */
  subscribe(listener: Listener): void {
    this.listeners.add(listener);
  }

  unsubscribe(listener: Listener): void {
    this.listeners.delete(listener);
  }

  /** Looks at the files now. */
  look(): void {
    this.watched.look();
  }

  close(): void {
    this.watched.close();
    this.listeners.clear();
  }
}

/** The identity that the common settings name; undefined where a service runs in plaintext inside a mesh. */
export function openServiceIdentity(
  settings: { SMARTANT_TLS_CA_FILE?: string; SMARTANT_TLS_CERT_FILE?: string; SMARTANT_TLS_KEY_FILE?: string },
  log: Log,
): ServiceIdentity | undefined {
  const { SMARTANT_TLS_CA_FILE: caFile, SMARTANT_TLS_CERT_FILE: certFile, SMARTANT_TLS_KEY_FILE: keyFile } = settings;
  if (caFile === undefined || certFile === undefined || keyFile === undefined) return undefined;
  return new ServiceIdentity({ caFile, certFile, keyFile }, log);
}
