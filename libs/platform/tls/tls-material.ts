import { readFileSync } from 'node:fs';
import { SmartantError } from '@smartant/kernel';

/** PEM contents for mutual TLS. */
export interface TlsMaterial {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

export interface TlsFiles {
  caFile: string;
  certFile: string;
  keyFile: string;
}

/** Reads the three PEM files. Raises `TLS_FILE_UNREADABLE`, which names the file. */
export function readTlsMaterial({ caFile, certFile, keyFile }: TlsFiles): TlsMaterial {
  return { ca: read(caFile), cert: read(certFile), key: read(keyFile) };
}

/** The TLS material that the common settings name; undefined where a service runs in plaintext inside a mesh. */
export function readServiceTls(settings: {
  SMARTANT_TLS_CA_FILE?: string;
  SMARTANT_TLS_CERT_FILE?: string;
  SMARTANT_TLS_KEY_FILE?: string;
}): TlsMaterial | undefined {
  const { SMARTANT_TLS_CA_FILE: caFile, SMARTANT_TLS_CERT_FILE: certFile, SMARTANT_TLS_KEY_FILE: keyFile } = settings;
  if (caFile === undefined || certFile === undefined || keyFile === undefined) return undefined;
  return readTlsMaterial({ caFile, certFile, keyFile });
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SmartantError('TLS_FILE_UNREADABLE', `The TLS file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      kind: 'invalid',
      actor: 'operator',
      hint: 'Check SMARTANT_TLS_CA_FILE, SMARTANT_TLS_CERT_FILE and SMARTANT_TLS_KEY_FILE, and who may read them.',
      cause: error,
    });
  }
}
