import { createSecretKey } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** What ssh2 has of a connection's ciphers, unless it runs its own binary part, which has to be built for the version of Node. */
interface Ciphers {
  _cipher?: { _encKey?: unknown };
  _decipher?: { _decipherKey?: unknown };
}

/**
 * With AES-GCM ssh2 makes a cipher for each packet of a key in bytes. Node raises and catches an error to find out that these are bytes, and
 * wraps them: in the middle of a deep stack that takes longer than encrypting 32 KiB. A key that is wrapped once, after each exchange of
 * keys, is taken as it is.
 */
export function keepKeys(client: Client): void {
  client.on('handshake', () => {
    const { _cipher, _decipher } = (client as unknown as { _protocol: Ciphers })._protocol;
    if (_cipher && Buffer.isBuffer(_cipher._encKey)) _cipher._encKey = createSecretKey(_cipher._encKey);
    if (_decipher && Buffer.isBuffer(_decipher._decipherKey)) _decipher._decipherKey = createSecretKey(_decipher._decipherKey);
  });
}

/** ssh2 writes each packet in three pieces, each a call of the system and often a TCP segment: what is written in one turn goes at once. */
export function gatherWrites<T extends Duplex>(stream: T): T {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let gathering = false;
  stream.write = ((...args: unknown[]) => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      process.nextTick(() => {
        gathering = false;
        stream.uncork();
      });
    }
    return write(...args);
  }) as T['write'];
  return stream;
}
