import { createHash } from 'node:crypto';
import { createLogger } from '@smartant/platform/logging';

type Fields = Record<string, unknown>;

/** A line as a service of ours writes it, at a time of the test's. */
export function loggedLine(service: string, level: 'debug' | 'info' | 'warn' | 'error' | 'fatal', time: string, fields: Fields, message: string): Fields {
  let written = '';
  const logger = createLogger({ service, level: 'trace', output: { write: (text: string) => void (written += text) } });
  logger[level](fields, message);
  return { ...(JSON.parse(written) as Fields), time, hostname: `${service}-7c9` };
}

/** As observability/logs/fluent-operator makes it: what the runtime's parser adds, the pod, and names without dots. */
export function asFluentBit(line: Fields): Fields {
  const kubernetes = { pod_name: line['hostname'], namespace_name: 'smartant', container_name: line['service'], docker_id: '0f3a', host: 'node-1' };
  return withoutDots({ '@timestamp': line['time'], ...line, stream: 'stdout', logtag: 'F', kubernetes }) as Fields;
}

/** As observability/logs/filebeat makes it: names as they are, and when and where it was read. */
export function asFilebeat(line: Fields): Fields {
  return { '@timestamp': '2026-11-30T00:00:00.000Z', ...line, log: { file: { path: `/logs/${String(line['service'])}.log`, inode: '4711' } } };
}

function withoutDots(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDots);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.replaceAll('.', '_'), withoutDots(field)]));
}

/** Writes as the collectors do: in bulk, each line under an id of its content. */
export function shipTo(url: string) {
  async function send(method: string, path: string, body: string): Promise<{ items?: { create: { status: number; error?: unknown } }[] }> {
    const response = await fetch(url + path, { method, headers: { 'content-type': 'application/x-ndjson' }, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${text}`);
    return JSON.parse(text);
  }
  return {
    put: async (path: string, body: string) => void (await send('PUT', path, body)),
    /** Resolves with what the store said of lines that it refused. */
    lines: async (index: string, lines: Fields[]): Promise<unknown[]> => {
      const action = (line: string) => JSON.stringify({ create: { _id: createHash('sha1').update(line).digest('hex') } });
      const body = lines.map((line) => JSON.stringify(line)).map((line) => `${action(line)}\n${line}\n`);
      const { items = [] } = await send('POST', `/${index}/_bulk?refresh=true`, body.join(''));
      return items.flatMap(({ create }) => (create.status === 201 ? [] : [create.error]));
    },
  };
}
