import { SmartantError } from '@smartant/kernel';
import type { InlineEndpoint } from './resolve-endpoint';
import { parseIni } from './ini';

/** What could be made of a remote: an endpoint, or why not. */
export type RcloneImport = { name: string; endpoint: InlineEndpoint } | { name: string; skipped: string };

/** Providers whose buckets rclone addresses as host names unless told otherwise (rclone's s3 backend, setQuirks). */
const VIRTUAL_HOST_PROVIDERS = new Set([
  'AWS',
  'Alibaba',
  'ArvanCloud',
  'ChinaMobile',
  'GCS',
  'HuaweiOBS',
  'Netease',
  'Qiniu',
  'RackCorp',
  'Scaleway',
  'StackPath',
  'TencentCOS',
]);

/**
 * Reads the S3 remotes of an rclone.conf, and `alias` remotes that point into one. An endpoint is one bucket, and a
 * remote is a whole service: the bucket comes from the alias, or from `buckets` (remote name → bucket or bucket/prefix;
 * the entry `*` is for all others). Raises CLI_RCLONE_ENCRYPTED.
 */
export function importRcloneConfig(text: string, buckets: ReadonlyMap<string, string>): RcloneImport[] {
  if (/^\s*RCLONE_ENCRYPT_V/m.test(text)) {
    throw new SmartantError('CLI_RCLONE_ENCRYPTED', 'This rclone.conf is encrypted.', {
      kind: 'invalid',
      hint: 'Decrypt a copy: rclone config show > plain.conf, import that, and delete it.',
    });
  }
  const remotes = parseIni(text);
  return [...remotes].map(([name, remote]) => importRemote(name, remote, remotes, buckets));
}

function importRemote(
  name: string,
  remote: Map<string, string>,
  remotes: Map<string, Map<string, string>>,
  buckets: ReadonlyMap<string, string>,
): RcloneImport {
  const type = remote.get('type') ?? '';
  const alias = type === 'alias' ? /^([^:]+):(.*)$/.exec(remote.get('remote') ?? '') : null;
  const service = alias ? remotes.get(alias[1] ?? '') : remote;
  if (service?.get('type') !== 's3')
    return { name, skipped: type === 'alias' ? 'its target is not an S3 remote' : `type "${type}" is not s3` };
  const place = (alias?.[2] || buckets.get(name) || buckets.get('*') || '').replace(/^\/+/, '');
  if (place === '') return { name, skipped: `it names no bucket: add --bucket ${name}=BUCKET` };
  return importService(name, service, place);
}

function importService(name: string, remote: Map<string, string>, place: string): RcloneImport {
  const accessKeyId = remote.get('access_key_id') ?? '';
  const secretAccessKey = remote.get('secret_access_key') ?? '';
  if (accessKeyId === '' || secretAccessKey === '') {
    const why = remote.get('env_auth') === 'true' ? 'its keys come from the environment (env_auth)' : 'it has no access key';
    return { name, skipped: `${why}: use "smartant endpoint add"` };
  }
  const provider = remote.get('provider') ?? '';
  const serviceUrl = completeUrl(remote.get('endpoint') ?? '');
  if (serviceUrl === '' && provider !== '' && provider !== 'AWS') return { name, skipped: `provider ${provider} without an endpoint` };
  const style = remote.get('force_path_style') ?? String(!VIRTUAL_HOST_PROVIDERS.has(provider));
  const slash = place.indexOf('/');
  return {
    name,
    endpoint: {
      location: {
        kind: 's3',
        serviceUrl,
        ...(remote.get('region') ? { region: remote.get('region') } : {}),
        bucket: slash < 0 ? place : place.slice(0, slash),
        // rclone's paths are folders, our prefixes are plain text.
        prefix: slash < 0 ? '' : place.slice(slash + 1).replace(/([^/])$/, '$1/'),
        addressing: style === 'true' ? 'path' : 'virtual',
      },
      secret: { kind: 's3', accessKeyId, secretAccessKey, sessionToken: remote.get('session_token') || undefined },
    },
  };
}

/** rclone takes a bare host for https. */
function completeUrl(endpoint: string): string {
  if (endpoint === '') return '';
  return (/^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`).replace(/\/+$/, '');
}
