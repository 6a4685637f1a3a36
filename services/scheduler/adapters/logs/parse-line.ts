import { createHash } from 'node:crypto';
import { LOG_LEVELS, type LogLevel, type LogLine, type LogQuery } from '../../application/ports/log-store';

/** Named apart in a line, and not among its other fields. */
const OWN_FIELDS = ['time', 'level', 'service', 'hostname', 'module', 'msg', 'trace_id', 'workspaceId', 'migrationId', 'runId', 'code'];

/** A line as our services write it; null for anything else. */
export function parseLine(line: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? toLogLine(value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The same of what a store gives back as an object. */
export function toLogLine(value: Record<string, unknown>): LogLine | null {
  const text = (name: string): string | null => (typeof value[name] === 'string' ? value[name] : null);
  const [at, service, level] = [text('time'), text('service'), LOG_LEVELS.find((one) => one === value['level'])];
  if (at === null || service === null || level === undefined || Number.isNaN(Date.parse(at))) return null;
  return {
    id: createHash('sha256').update(JSON.stringify([at, service, value['pid'], value['msg'], value['span_id'], value])).digest('hex').slice(0, 16),
    at: new Date(at).toISOString(),
    level,
    service,
    host: text('hostname') ?? '',
    module: text('module'),
    message: text('msg') ?? '',
    code: text('code') ?? codeOf(value['err']),
    traceId: text('trace_id') ?? text('traceId'),
    workspaceId: text('workspaceId') ?? text('smartant.workspace'),
    migrationId: text('migrationId') ?? text('smartant.migration'),
    runId: text('runId') ?? text('smartant.run'),
    fields: Object.fromEntries(Object.entries(value).filter(([name]) => !OWN_FIELDS.includes(name))),
  };
}

function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : null;
}

/** Whether a line fits everything but the words, which are looked for in its text. */
export function fits(line: LogLine, query: LogQuery): boolean {
  const at = Date.parse(line.at);
  if (at < query.since.getTime() || at > query.until.getTime()) return false;
  if (query.level !== undefined && rank(line.level) < rank(query.level)) return false;
  const wanted = [
    [query.service, line.service],
    [query.host, line.host],
    [query.traceId, line.traceId],
    [query.migrationId, line.migrationId],
    [query.workspaceId, line.workspaceId],
  ];
  return wanted.every(([asked, has]) => asked === undefined || asked === has);
}

const rank = (level: LogLevel): number => LOG_LEVELS.indexOf(level);
export const levelsFrom = (level: LogLevel): LogLevel[] => LOG_LEVELS.slice(rank(level));
