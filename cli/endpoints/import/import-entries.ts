import { createHash, randomUUID } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { Api, Endpoint, EndpointLocation } from '../../api/api';
import type { NamedEndpoint } from './entry-endpoint';
import type { ImportEntry, ImportFields } from './import-fields';

/** `new`: what a dry run would have created. */
export type ImportOutcome = 'created' | 'new' | 'unchanged' | 'failed';

export interface ImportResult {
  line: number;
  name: string | null;
  outcome: ImportOutcome;
  error: SmartantError | null;
}

export interface ImportOptions {
  api: Api;
  dryRun: boolean;
  toEndpoint: (fields: ImportFields) => NamedEndpoint;
}

/** After these, no other entry can fare better. */
const isFatal = ({ code, kind }: SmartantError): boolean =>
  kind === 'unauthenticated' ||
  kind === 'cancelled' ||
  code === 'CLI_UNREACHABLE' ||
  code === 'ROLE_FORBIDDEN' ||
  code === 'WORKSPACE_FORBIDDEN';

/**
 * Saves entries, each once however often it is tried: a name that is taken by the same place is `unchanged`. Secrets are never shown by
 * the server, so they are not compared.
 */
export class EntryImport {
  /** The first error that ends the whole import. */
  fatal: SmartantError | null = null;
  private readonly seen = new Map<string, number>();

  private constructor(
    private readonly options: ImportOptions,
    private readonly existing: ReadonlyMap<string, string>,
  ) {}

  /** Reads once what there is already. */
  static async begin(options: ImportOptions): Promise<EntryImport> {
    const endpoints = await options.api.endpoints();
    return new EntryImport(options, new Map(endpoints.map(({ name, location }) => [name, placeOf(location)])));
  }

  /** Never rejects. Nothing more is tried after a fatal error. */
  async take(entry: ImportEntry): Promise<ImportResult | null> {
    if (this.fatal) return null;
    const name = 'fields' in entry ? (entry.fields.name ?? null) : null;
    try {
      return { line: entry.line, name, outcome: await this.save(entry), error: null };
    } catch (thrown) {
      const error =
        thrown instanceof SmartantError
          ? thrown
          : new SmartantError('CLI_IMPORT_ENTRY_INVALID', 'The entry failed.', {
              kind: 'internal',
              hint: 'Try it alone with smartant endpoint add.',
              cause: thrown,
            });
      if (isFatal(error)) {
        this.fatal ??= error;
        return null;
      }
      return { line: entry.line, name, outcome: 'failed', error };
    }
  }

  private async save(entry: ImportEntry): Promise<ImportOutcome> {
    if ('error' in entry) throw entry.error;
    const endpoint = this.options.toEndpoint(entry.fields);
    const earlier = this.seen.get(endpoint.name);
    if (earlier !== undefined) throw nameTwice(endpoint.name, earlier);
    this.seen.set(endpoint.name, entry.line);
    const there = this.existing.get(endpoint.name);
    if (there !== undefined && there !== placeOf(endpoint.location)) throw nameTaken(endpoint.name);
    if (there !== undefined) return 'unchanged';
    if (this.options.dryRun) return 'new';
    await this.create(endpoint);
    return 'created';
  }

  /** A key from the content: a repeated delivery, or a second run at the same time, makes nothing twice. */
  private async create(endpoint: NamedEndpoint): Promise<Endpoint> {
    const { api } = this.options;
    const post = (key: string) => api.retryOnce(() => api.createEndpoint(endpoint, key));
    try {
      return await post(contentKey(endpoint));
    } catch (error) {
      // The key was used for an endpoint that is gone since, or that had another secret: the name alone now keeps it single.
      const spent = error instanceof SmartantError && ['ENDPOINT_NOT_FOUND', 'IDEMPOTENCY_KEY_REUSED'].includes(error.code);
      if (!spent) throw error;
      return post(randomUUID());
    }
  }
}

/** Without the secret: even a hash of it is nobody's to see. */
function contentKey({ name, location }: NamedEndpoint): string {
  return `import-${createHash('sha256')
    .update(JSON.stringify([name, placeOf(location)]))
    .digest('hex')}`;
}

/** A location in one form: the server fills in what was left out. */
function placeOf(location: EndpointLocation | Endpoint['location']): string {
  if (location.kind === 'file') return JSON.stringify(['file', location.root, location.path ?? '']);
  if (location.kind === 'postgres') {
    const { host, port = 5_432, database, user, tlsMode = defaultTlsMode(host), tlsCaPem = '' } = location;
    return JSON.stringify(['postgres', host, port, database, user, tlsMode, tlsCaPem]);
  }
  if (location.kind === 'ssh') {
    const { host, port = 22, user = 'root', become = 'none' } = location;
    return JSON.stringify(['ssh', host, port, user, become]);
  }
  if (location.kind === 'image') return JSON.stringify(['image', location.root, location.path, location.format ?? 'qcow2']);
  const { serviceUrl = '', region = 'us-east-1', bucket, prefix = '', addressing, tlsCaPem = '' } = location;
  return JSON.stringify(['s3', serviceUrl, region, bucket, prefix, addressing ?? (serviceUrl === '' ? 'virtual' : 'path'), tlsCaPem]);
}

/** As the server fills it in: what stays on its machine needs no TLS. */
function defaultTlsMode(host: string): string {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host) ? 'disable' : 'verify-full';
}

function nameTwice(name: string, line: number): SmartantError {
  return new SmartantError('CLI_IMPORT_DUPLICATE', `The name "${name}" stands in line ${line} already.`, {
    kind: 'conflict',
    hint: 'Give each entry a name of its own.',
  });
}

function nameTaken(name: string): SmartantError {
  return new SmartantError('CLI_IMPORT_NAME_TAKEN', `There is an endpoint "${name}" already, and it leads elsewhere.`, {
    kind: 'conflict',
    hint: `Choose another name, or forget that one first: smartant endpoint rm ${name}`,
  });
}
