import type { Duplex } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { HostSecret, SshLocation } from '@smartant/connectors';
import { fingerprintOf, guardedConnect, keyTypeOf, type Dialer } from '@smartant/platform/egress';
import { Client, type ConnectConfig, type NegotiatedAlgorithms } from 'ssh2';
import { readPrivateKey } from './private-key';
import { gatherWrites, keepKeys } from './quick-transport';
import { algorithmsUnfit, hostKeyChanged, hostKeyUnknown, hostUnreachable, privateKeyInvalid, signInFailed } from './session-errors';
import { algorithmsFor, HOST_KEY_FAMILIES, LEGACY } from './ssh-algorithms';
import { SshConnection } from './ssh-connection';

export interface SshTarget {
  location: SshLocation;
  secret: Extract<HostSecret, { kind: 'ssh' }>;
  dialer: Dialer;
}

type Offer = Parameters<typeof algorithmsFor>[0];
type ShownKey = { hostKey: string; keyType: string; publicKey: string };

const DIAL_MS = 15_000;
const SIGN_IN_MS = 20_000;
/** A host that vanished is noticed within 45 s; without this the library would wait for ever. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MISSES = 3;

/** The server shows a key that is not pinned; nothing was sent. */
class UnpinnedKey extends Error {
  constructor(readonly shown: ShownKey) {
    super('the host key is not pinned');
  }
}
/** The server has nothing of what was offered. */
class NothingInCommon extends Error {}

/**
 * Signs in. The host key must be one of those that are pinned, or nothing is sent. A server has several keys and shows the kind that is asked for:
 * so all kinds are looked at before a key counts as changed. Weak algorithms are offered only to servers that have no better.
 * Raises HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, HOST_SIGN_IN_FAILED, HOST_PRIVATE_KEY_INVALID, HOST_SSH_ALGORITHMS, and the
 * dialer's errors.
 */
export async function connectSsh(target: SshTarget, signal: AbortSignal): Promise<SshConnection> {
  const { location } = target;
  const first = await attempt(target, { legacy: false }, signal);
  const legacy = first instanceof NothingInCommon;
  const shown = legacy ? await attempt(target, { legacy }, signal) : first;
  if (shown instanceof SshConnection) return shown;
  if (shown instanceof NothingInCommon) throw algorithmsUnfit(location, shown);
  if (location.hostKeys.length === 0) throw hostKeyUnknown(location, shown.shown);
  for (const family of Object.keys(HOST_KEY_FAMILIES) as (keyof typeof HOST_KEY_FAMILIES)[]) {
    if (shown.shown.keyType.includes(family)) continue;
    const other = await attempt(target, { legacy, family }, signal);
    if (other instanceof SshConnection) return other;
  }
  throw hostKeyChanged(location, shown.shown);
}

/** One connection with one offer. What another offer may mend is given back, everything else raised. */
async function attempt(target: SshTarget, offer: Offer, signal: AbortSignal): Promise<SshConnection | UnpinnedKey | NothingInCommon> {
  const stream = await dial(target, signal);
  try {
    return await signIn(target, stream, offer, signal);
  } catch (error) {
    stream.destroy();
    if (error instanceof UnpinnedKey || error instanceof NothingInCommon) return error;
    throw error;
  }
}

async function dial({ dialer, location }: SshTarget, signal: AbortSignal): Promise<Duplex> {
  try {
    return await guardedConnect({ dialer, host: location.host, port: location.port, timeoutMs: DIAL_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SmartantError ? error : hostUnreachable(location, error);
  }
}

function signIn(target: SshTarget, stream: Duplex, offer: Offer, signal: AbortSignal): Promise<SshConnection> {
  const { location, secret } = target;
  return new Promise((resolve, reject) => {
    const client = new Client();
    keepKeys(client);
    let shown: ShownKey = { hostKey: '', keyType: '', publicKey: '' };
    let algorithms: NegotiatedAlgorithms | undefined;
    let refused = false;
    const onAbort = () => {
      reject(signal.reason as Error);
      client.destroy();
    };
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const hostVerifier = (key: Buffer) => {
      shown = { hostKey: fingerprintOf(key), keyType: keyTypeOf(key), publicKey: key.toString('base64') };
      refused = !location.hostKeys.includes(shown.hostKey);
      return !refused;
    };
    client.once('handshake', (negotiated) => (algorithms = negotiated));
    client.once('ready', () => {
      const server = String((client as unknown as { _remoteVer?: unknown })._remoteVer ?? '');
      const facts = { ...shown, server, weakAlgorithms: weakOf(algorithms) };
      settle(() => resolve(new SshConnection(client, location, facts, secret.becomePassword ?? secret.password)));
    });
    client.on('error', (error) => settle(() => reject(refused ? new UnpinnedKey(shown) : signInError(location, error))));
    client.once('close', () => settle(() => reject(hostUnreachable(location, undefined))));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    try {
      // It lets the stream flow when it listens, which the first time is not at once: what came before would be lost.
      client.connect({
        ...settingsOf(target, client),
        algorithms: algorithmsFor(offer),
        sock: gatherWrites(stream) as ConnectConfig['sock'],
        hostVerifier,
      });
    } catch {
      settle(() => reject(privateKeyInvalid(location)));
    }
  });
}

function settingsOf({ location, secret }: SshTarget, client: Client): ConnectConfig {
  const { password, privateKeyPem, passphrase } = secret;
  let answered = false;
  // Many servers ask for the password in this manner only. A second question would be for something else, which we do not have.
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
    finish(prompts.map(({ echo }) => (answered || echo ? '' : (password ?? ''))));
    answered ||= prompts.length > 0;
  });
  return {
    username: location.user,
    password,
    ...readPrivateKey(privateKeyPem, passphrase),
    agentForward: false,
    tryKeyboard: password !== undefined,
    authHandler: [
      ...(privateKeyPem === undefined ? [] : (['publickey'] as const)),
      ...(password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
      ...(privateKeyPem === undefined && password === undefined ? (['none'] as const) : []),
    ],
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_MISSES,
    readyTimeout: SIGN_IN_MS,
  };
}

function signInError(location: SshLocation, error: Error & { level?: string }): Error {
  if (error.level === 'client-authentication') return signInFailed(location, error);
  // The library gives no code for it.
  if (error.message.startsWith('Handshake failed: no matching')) return new NothingInCommon(error.message);
  return hostUnreachable(location, error);
}

function weakOf(negotiated: NegotiatedAlgorithms | undefined): string[] {
  if (!negotiated) return [];
  const { kex, serverHostKey, cs } = negotiated;
  const weak = new Set(Object.values(LEGACY).flat());
  return [kex, serverHostKey, cs.cipher, cs.mac].filter((name) => weak.has(name));
}
