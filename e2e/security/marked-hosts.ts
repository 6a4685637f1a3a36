import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { DIRECTORY, HostPair } from '../host/host-pair';
import type { Canaries } from './canaries';

/** Two hosts of which everything that signs in is marked: a key with its passphrase, and the password that sudo asks for. */
export class MarkedHosts {
  private constructor(
    readonly pair: HostPair,
    readonly privateKeyPem: string,
    readonly passphrase: string,
    readonly becomePassword: string,
  ) {}

  static async start(canaries: Canaries): Promise<MarkedHosts> {
    const pair = await HostPair.start();
    const [passphrase, becomePassword] = [canaries.secret(), canaries.secret()];
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase },
    });
    const plain = createPrivateKey({ key: privateKey, passphrase }).export({ type: 'pkcs1', format: 'pem' }).toString();
    // Of each form a line from its middle, which nothing but this key has.
    for (const pem of [privateKey, plain]) canaries.also(pem.split('\n')[10]!);
    canaries.also(pair.target.privateKeyPem.split('\n')[3]!);
    const take = 'cat >/run/public.pem && ssh-keygen -i -m PKCS8 -f /run/public.pem >/home/mover/.ssh/authorized_keys';
    pair.within('source', take, publicKey);
    pair.within('source', 'chpasswd', `mover:${becomePassword}\n`);
    pair.within('source', 'mkdir -p /srv/app; echo content >/srv/app/file');
    return new MarkedHosts(pair, privateKey, passphrase, becomePassword);
  }

  stop(): Promise<unknown> {
    return this.pair.stop();
  }

  /** The source as the API takes it, signed in to as a user who becomes root. */
  source(secret: object = {}): object {
    const { privateKeyPem, passphrase, becomePassword } = this;
    return this.pair.endpoint('source', { user: 'mover', become: 'sudo' }, { privateKeyPem, passphrase, becomePassword, ...secret });
  }

  target(): object {
    return this.pair.endpoint('target');
  }

  get spec(): object {
    return {
      kind: 'host',
      host: { targetDirectory: DIRECTORY, exclude: ['/var', '/boot'] },
      cutover: { mode: 'automatic', sourceFrozen: true, finalize: 'automatic' },
      incrementalIntervalSeconds: 1,
    };
  }
}
