import { integerSetting, loadConfig } from '@smartant/platform/config';
import { z } from 'zod';
import { KEY_BYTES } from './aes-gcm';
import type { MasterKeys } from './local/local-keys';

/** Parts of a key's id, which is a field between dots, and of a URL's path. */
const NAME = /^[A-Za-z0-9_-]{1,100}$/;

/** 32 bytes in base64. The value itself is never repeated in an error. */
const masterKeySetting = z.string().transform((text, context) => keyFrom(text) ?? notAKey(context));

const extraKeysSetting = z
  .string()
  .default('')
  .transform((text, context) => {
    const keys = text.split(/[\s,]+/).filter((word) => word !== '');
    return keys.map((word) => keyFrom(word) ?? notAKey(context));
  });

/** Master keys in the environment, or in files that `…_FILE` names. */
export const masterKeySettings = {
  /** Wraps the data keys of all sealed secrets; usually given by SMARTANT_MASTER_KEY_FILE. */
  SMARTANT_MASTER_KEY: masterKeySetting.optional(),
  /** Keys that secrets are opened with too, one a line: earlier ones until nothing needs them, and the next one before it becomes the key. */
  SMARTANT_MASTER_KEYS_EXTRA: extraKeysSetting,
} as const;

/** All that says where the keys are which wrap data keys. `NAME_FILE` works for each, but for those that are paths themselves. */
export const vaultSettings = {
  ...masterKeySettings,
  /** What new secrets are sealed under. `local`: master keys of ours. `transit`: a key in HashiCorp Vault or OpenBao. */
  SMARTANT_KMS: z.enum(['local', 'transit']).default('local'),
  /** Also with `local`, while a platform moves to the service or away from it. */
  SMARTANT_TRANSIT_ADDRESS: z
    .string()
    .regex(/^https?:\/\/[^\s/]+\/?$/, { error: 'Expected https://host:port' })
    .optional(),
  /** Path of the secrets engine, and name of the key in it. */
  SMARTANT_TRANSIT_MOUNT: z.string().regex(NAME, { error: 'Expected letters, digits, hyphens and underscores' }).default('transit'),
  SMARTANT_TRANSIT_KEY: z.string().regex(NAME, { error: 'Expected letters, digits, hyphens and underscores' }).default('smartant'),
  SMARTANT_TRANSIT_NAMESPACE: z.string().optional(),
  /** PEM of the authority that signed the server's certificate; absent: the system's authorities. */
  SMARTANT_TRANSIT_CA: z.string().optional(),
  /** A file with a token, as an agent keeps it fresh; read again when the token is refused. */
  SMARTANT_TRANSIT_TOKEN_FILE: z.string().optional(),
  /** Or the role of Kubernetes authentication, its path, and the file with the service account's token. */
  SMARTANT_TRANSIT_KUBERNETES_ROLE: z.string().optional(),
  SMARTANT_TRANSIT_KUBERNETES_MOUNT: z
    .string()
    .regex(NAME, { error: 'Expected letters, digits, hyphens and underscores' })
    .default('kubernetes'),
  SMARTANT_TRANSIT_KUBERNETES_TOKEN_FILE: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  /** Of one request; it is tried three times. */
  SMARTANT_TRANSIT_TIMEOUT_MS: integerSetting({ min: 100, max: 30_000 }).prefault('1000'),
} as const;

const vaultObject = z.object(vaultSettings);
export type VaultSettings = z.output<typeof vaultObject>;

/** The rules between the vault's settings. A token is never sent in the clear, but to this machine itself. */
export function checkVaultSettings(settings: Partial<VaultSettings>, context: z.core.$RefinementCtx): void {
  const report = (name: keyof VaultSettings, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  const { SMARTANT_TRANSIT_ADDRESS: address, SMARTANT_KMS: kms } = settings;
  if (kms === 'local' && settings.SMARTANT_MASTER_KEY === undefined) report('SMARTANT_MASTER_KEY', 'is not set, and has no default');
  if (kms === 'transit' && address === undefined) report('SMARTANT_TRANSIT_ADDRESS', 'is not set: SMARTANT_KMS=transit needs it');
  if (address === undefined) return;
  if (address.startsWith('http:') && !/^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address)) {
    report('SMARTANT_TRANSIT_ADDRESS', 'is not https: data keys and a token would pass over the network in the clear');
  }
  const ways = [settings.SMARTANT_TRANSIT_TOKEN_FILE, settings.SMARTANT_TRANSIT_KUBERNETES_ROLE].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    report(
      'SMARTANT_TRANSIT_TOKEN_FILE',
      'is not set, nor SMARTANT_TRANSIT_KUBERNETES_ROLE, or both are: the service at SMARTANT_TRANSIT_ADDRESS asks for one of them',
    );
  }
}

const masterKeyObject = z.object(masterKeySettings);

/** Reads the master keys once more: a mounted secret changes while we run. Raises CONFIG_INVALID. */
export function readMasterKeys(env: Record<string, string | undefined>): { key: Buffer | undefined; extra: Buffer[] } {
  const { SMARTANT_MASTER_KEY: key, SMARTANT_MASTER_KEYS_EXTRA: extra } = loadConfig(masterKeyObject, env);
  return { key, extra };
}

/** With a key management service all master keys only open what was sealed before. */
export function localMasterKeys(env: Record<string, string | undefined>, wrapsHere: boolean): MasterKeys {
  const { key, extra } = readMasterKeys(env);
  if (wrapsHere) return { current: key ?? null, others: extra };
  return { current: null, others: [...(key ? [key] : []), ...extra] };
}

function keyFrom(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES ? key : undefined;
}

function notAKey(context: z.core.$RefinementCtx): never {
  context.addIssue({ code: 'custom', message: `Expected ${KEY_BYTES} bytes in base64 (openssl rand -base64 32)` });
  return z.NEVER;
}
