import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../../api/api';
import type { CliContext } from '../../context';
import { readPrivateText } from '../../session/private-file';
import { findS3Secret } from '../credentials';
import { entryInvalid, type ImportFields } from './import-fields';

type Environment = Pick<CliContext, 'env' | 'cwd' | 'homeDir'>;

/** Secrets by the names under which entries ask for them. */
export type SecretsFile = ReadonlyMap<string, EndpointSecret>;

/**
 * The secret that an S3 entry refers to; without a reference that of `smartant endpoint add`. A list holds names of secrets and never one
 * itself, because it is kept, sent around and put under version control. Raises CLI_IMPORT_ENTRY_INVALID, CLI_FILE_NOT_PRIVATE and the
 * errors of `findS3Secret`.
 */
export function entrySecret(context: Environment, fields: ImportFields, secrets: SecretsFile): EndpointSecret {
  const direct = fields.accessKeyId ?? fields.accessKeyIdEnv ?? fields.secretAccessKeyEnv ?? fields.secretAccessKeyFile;
  const ways = [fields.profile, fields.secret, direct].filter((way) => way !== undefined);
  if (ways.length > 1)
    throw entryInvalid('The entry names its secret in more than one way.', 'Use profile, secret, or the fields of a key.');
  if (fields.secret !== undefined) return fromFile(fields.secret, secrets, 's3');
  if (direct !== undefined) return fromReferences(context, fields);
  return findS3Secret(context, undefined, fields.profile);
}

/** The password of a database's entry; without a reference PGPASSWORD, and none where that is not set. Raises as `entrySecret` does. */
export function databaseEntrySecret(context: Environment, fields: ImportFields, secrets: SecretsFile): EndpointSecret {
  const direct = fields.passwordEnv ?? fields.passwordFile;
  if (fields.secret !== undefined && direct !== undefined) {
    throw entryInvalid('The entry names its secret in more than one way.', 'Use secret, passwordEnv or passwordFile.');
  }
  if (fields.secret !== undefined) return fromFile(fields.secret, secrets, 'password');
  const password = referred(context, fields.passwordEnv, fields.passwordFile, 'password') ?? context.env['PGPASSWORD'] ?? '';
  return password === '' ? { kind: 'none' } : { kind: 'password', password };
}

function fromFile(name: string, secrets: SecretsFile, kind: EndpointSecret['kind']): EndpointSecret {
  const found = secrets.get(name);
  if (found?.kind === kind) return found;
  if (found)
    throw entryInvalid(`The secret "${name}" is not one of this kind of endpoint.`, 'A database takes a password, a bucket a key.');
  throw entryInvalid(`There is no secret "${name}".`, 'Put it into the file that --keys-file names.');
}

function fromReferences(context: Environment, fields: ImportFields): EndpointSecret {
  const accessKeyId = fields.accessKeyId ?? variable(context, fields.accessKeyIdEnv);
  const secretAccessKey = referred(context, fields.secretAccessKeyEnv, fields.secretAccessKeyFile, 'secretAccessKey');
  const sessionToken = referred(context, fields.sessionTokenEnv, fields.sessionTokenFile, 'sessionToken');
  if (accessKeyId && secretAccessKey) return { kind: 's3', accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  throw entryInvalid(
    'The entry names only half of a key.',
    'Give accessKeyId (or accessKeyIdEnv), and secretAccessKeyEnv or secretAccessKeyFile.',
  );
}

function referred(context: Environment, name: string | undefined, file: string | undefined, what: string): string | undefined {
  if (name !== undefined && file !== undefined) {
    throw entryInvalid(`The entry names ${what} by a variable and by a file.`, `Use ${what}Env or ${what}File.`);
  }
  if (file === undefined) return variable(context, name);
  const text = readPrivateText(resolve(context.cwd, file))?.trim();
  if (text) return text;
  throw entryInvalid(`The file of ${what} is missing or empty.`, 'Write the secret alone into it, with mode 0600.');
}

function variable({ env }: Environment, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    // Not repeated: who has put a secret here would read it in a report.
    throw entryInvalid('What names a variable is no name of one.', 'A field that ends in Env takes the name of an environment variable.');
  }
  if (env[name]) return env[name];
  throw entryInvalid(`The environment variable ${name} is not set.`, 'Set it, and import again: what is saved already stays as it is.');
}

/** Reads `--keys-file FILE`: JSON, `{"name": {"accessKeyId": …, "secretAccessKey": …, "sessionToken": …}}` or `{"name": {"password": …}}`, which only its owner can read. */
export function parseSecrets(path: string, value: unknown): SecretsFile {
  const wrong = (detail: string) =>
    new SmartantError('CLI_IMPORT_INVALID', `${path} ${detail}.`, {
      kind: 'invalid',
      hint: 'Write {"NAME": {"accessKeyId": "…", "secretAccessKey": "…"}} with mode 0600.',
    });
  if (value === undefined) throw wrong('does not exist');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('holds no object of secrets');
  const text = (field: unknown) => typeof field === 'string' && field !== '';
  return new Map(
    Object.entries(value as Record<string, Record<string, unknown> | null>).map(([name, secret]) => {
      const { accessKeyId, secretAccessKey, sessionToken, password } = secret ?? {};
      if (text(password) && accessKeyId === undefined && secretAccessKey === undefined) {
        return [name, { kind: 'password', password } as EndpointSecret];
      }
      if (!text(accessKeyId) || !text(secretAccessKey)) throw wrong(`lacks accessKeyId or secretAccessKey at "${name}"`);
      if (sessionToken !== undefined && !text(sessionToken)) throw wrong(`has a sessionToken at "${name}" that is no text`);
      return [name, { kind: 's3', accessKeyId, secretAccessKey, sessionToken } as EndpointSecret];
    }),
  );
}
