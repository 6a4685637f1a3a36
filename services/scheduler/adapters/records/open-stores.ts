import type { LogStore } from '../../application/ports/log-store';
import type { TraceStore } from '../../application/ports/trace-store';
import { ElasticsearchLogStore } from '../logs/elasticsearch-log-store';
import { FileLogStore } from '../logs/file-log-store';
import { LokiLogStore } from '../logs/loki-log-store';
import { QueryClient } from '../query-client/query-client';
import { FileTraceStore } from '../traces/file-trace-store';
import { JaegerTraceStore } from '../traces/jaeger-trace-store';
import type { RecordSettings } from './record-settings';

type Settings = RecordSettings & {
  SMARTANT_MODE: 'embedded' | 'distributed';
  SMARTANT_LOGS_DIR?: string;
  SMARTANT_TRACES_DIR?: string;
  SMARTANT_TRACE_EXPORTER: string;
};

export const NO_LOGS: LogStore = { kind: 'none', search: () => Promise.resolve([]) };
const NONE_FOUND = { spans: [], truncated: false };
export const NO_TRACES: TraceStore = {
  kind: 'none',
  findUnit: () => Promise.resolve(NONE_FOUND),
  trace: () => Promise.resolve(NONE_FOUND),
};

/** `fetch`: the guarded one. */
export function openStores(settings: Settings, fetch: typeof globalThis.fetch): { logs: LogStore; traces: TraceStore } {
  return { logs: openLogs(settings, fetch), traces: openTraces(settings, fetch) };
}

function openLogs(settings: Settings, fetch: typeof globalThis.fetch): LogStore {
  const { SMARTANT_LOGS_DIR: folder, SMARTANT_LOG_SEARCH_URL: baseUrl, SMARTANT_LOG_SEARCH_TENANT: tenant } = settings;
  // The folder of a pod holds the lines of that pod alone: in a cluster it is no answer to anything.
  const kind = settings.SMARTANT_LOG_SEARCH ?? (settings.SMARTANT_MODE === 'embedded' && folder !== undefined ? 'files' : 'none');
  if (kind === 'files' && folder !== undefined) return new FileLogStore(folder);
  if ((kind !== 'elasticsearch' && kind !== 'loki') || baseUrl === undefined) return NO_LOGS;
  const store = kind === 'loki' ? 'Loki' : 'Elasticsearch';
  const headers: Record<string, string> = tenant === undefined ? {} : { 'x-scope-orgid': tenant };
  const failure = { code: 'LOG_STORE_UNAVAILABLE', store };
  const client = new QueryClient({ baseUrl, fetch, authorization: authorizationOf(settings), headers, failure });
  return kind === 'loki'
    ? new LokiLogStore(client, settings.SMARTANT_LOG_SEARCH_SELECTOR)
    : new ElasticsearchLogStore(client, settings.SMARTANT_LOG_SEARCH_INDEX);
}

function authorizationOf(settings: Settings): string | undefined {
  const { SMARTANT_LOG_SEARCH_USERNAME: name, SMARTANT_LOG_SEARCH_PASSWORD: password, SMARTANT_LOG_SEARCH_TOKEN: token } = settings;
  if (token !== undefined) return `Bearer ${token}`;
  return name === undefined ? undefined : `Basic ${Buffer.from(`${name}:${password ?? ''}`).toString('base64')}`;
}

function openTraces(settings: Settings, fetch: typeof globalThis.fetch): TraceStore {
  const { SMARTANT_JAEGER_QUERY_URL: baseUrl, SMARTANT_JAEGER_QUERY_TOKEN: token, SMARTANT_TRACES_DIR: folder } = settings;
  if (baseUrl !== undefined) {
    const failure = { code: 'TRACE_STORE_UNAVAILABLE', store: 'Jaeger' };
    return new JaegerTraceStore(new QueryClient({ baseUrl, fetch, authorization: token && `Bearer ${token}`, failure }));
  }
  return settings.SMARTANT_TRACE_EXPORTER === 'file' && folder !== undefined ? new FileTraceStore(folder) : NO_TRACES;
}
