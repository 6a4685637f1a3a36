import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { parseIni } from './ini';

/** Which side of a migration an endpoint is: its environment variables are looked at before those for both. */
export type Side = 'source' | 'target';

type Environment = Pick<CliContext, 'env' | 'homeDir'>;

export interface AwsProfile {
  secret?: EndpointSecret;
  region?: string;
  endpointUrl?: string;
}

/**
 * The credentials of an S3 endpoint, in this order: the named profile; SMARTANT_SOURCE_* or SMARTANT_TARGET_*; AWS_*;
 * the profile AWS_PROFILE or `default`. Raises CLI_CREDENTIALS_NOT_FOUND, CLI_CREDENTIALS_INCOMPLETE, CLI_PROFILE_UNUSABLE.
 */
export function findS3Secret(context: Environment, side: Side | undefined, profile: string | undefined): EndpointSecret {
  if (profile) return readAwsProfile(context, profile).secret ?? noCredentials(side, `profile ${profile}`);
  const prefixes = [...(side ? [`SMARTANT_${side.toUpperCase()}_`] : []), 'AWS_'];
  for (const prefix of prefixes) {
    const secret = fromVariables(context.env, prefix);
    if (secret) return secret;
  }
  const fallback = context.env['AWS_PROFILE'] || 'default';
  const secret = profileExists(context, fallback) ? readAwsProfile(context, fallback).secret : undefined;
  return secret ?? noCredentials(side, [...prefixes.map((prefix) => `${prefix}ACCESS_KEY_ID`), `AWS profile ${fallback}`].join(', '));
}

function fromVariables(env: Environment['env'], prefix: string): EndpointSecret | undefined {
  const accessKeyId = env[`${prefix}ACCESS_KEY_ID`];
  const secretAccessKey = env[`${prefix}SECRET_ACCESS_KEY`];
  const sessionToken = env[`${prefix}SESSION_TOKEN`] || undefined;
  if (accessKeyId && secretAccessKey) return { kind: 's3', accessKeyId, secretAccessKey, sessionToken };
  if (!accessKeyId && !secretAccessKey) return undefined;
  throw new SmartantError('CLI_CREDENTIALS_INCOMPLETE', `Only one of ${prefix}ACCESS_KEY_ID and ${prefix}SECRET_ACCESS_KEY is set.`, {
    kind: 'invalid',
    hint: 'Set both, or neither.',
  });
}

/** A profile of the AWS command line's files. Raises CLI_PROFILE_UNUSABLE for one that needs more than keys. */
export function readAwsProfile(context: Environment, name: string): AwsProfile {
  const { credentials, config } = awsSections(context, name);
  if (!credentials && !config) {
    throw new SmartantError('CLI_PROFILE_UNUSABLE', `There is no AWS profile "${name}".`, {
      kind: 'invalid',
      hint: 'Look in ~/.aws/credentials and ~/.aws/config (or AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE).',
    });
  }
  const value = (key: string) => credentials?.get(key) || config?.get(key) || undefined;
  const accessKeyId = value('aws_access_key_id');
  const secretAccessKey = value('aws_secret_access_key');
  const indirect = ['role_arn', 'sso_session', 'sso_start_url', 'credential_process', 'web_identity_token_file'].find((key) => value(key));
  if (indirect && !(accessKeyId && secretAccessKey)) {
    throw new SmartantError('CLI_PROFILE_UNUSABLE', `The AWS profile "${name}" gets its credentials by ${indirect}.`, {
      kind: 'invalid',
      hint: `Export them first: eval "$(aws configure export-credentials --profile ${name} --format env)", and leave profile= out.`,
    });
  }
  const sessionToken = value('aws_session_token');
  const secret = accessKeyId && secretAccessKey ? ({ kind: 's3', accessKeyId, secretAccessKey, sessionToken } as const) : undefined;
  return { secret, region: value('region'), endpointUrl: value('endpoint_url') };
}

function profileExists(context: Environment, name: string): boolean {
  const { credentials, config } = awsSections(context, name);
  return Boolean(credentials ?? config);
}

function awsSections({ env, homeDir }: Environment, name: string) {
  const read = (path: string) => parseIni(existsSync(path) ? readFileSync(path, 'utf8') : '');
  const credentials = read(env['AWS_SHARED_CREDENTIALS_FILE'] || join(homeDir, '.aws', 'credentials')).get(name);
  const config = read(env['AWS_CONFIG_FILE'] || join(homeDir, '.aws', 'config'));
  return { credentials, config: config.get(name === 'default' ? name : `profile ${name}`) };
}

function noCredentials(side: Side | undefined, lookedAt: string): never {
  const ofSide = side ? ', or SMARTANT_SOURCE_… and SMARTANT_TARGET_… where the two sides differ' : '';
  throw new SmartantError('CLI_CREDENTIALS_NOT_FOUND', `No credentials for the S3 endpoint were found (looked at ${lookedAt}).`, {
    kind: 'invalid',
    hint: `Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY${ofSide}, or name ?profile=.`,
  });
}
