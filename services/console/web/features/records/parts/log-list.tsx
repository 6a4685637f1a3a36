import { Button, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { LogLine } from '../queries';
import { texts } from '../texts';

const COLORS: Partial<Record<LogLine['level'], string>> = { warn: 'warning', error: 'error', fatal: 'error' };

export interface LogListProps {
  lines: readonly LogLine[];
  /** What stands there while there are none. */
  none: ReactNode;
  onOpen: (line: LogLine) => void;
}

/** Lines, newest first; each leads to all that it says. */
export function LogList({ lines, none, onOpen }: LogListProps) {
  const t = useTexts(texts);
  const format = useFormats();
  if (lines.length === 0) return <div className="log-none quiet">{none}</div>;
  return (
    <ul className="log-lines" aria-label={t.lines}>
      {lines.map((line) => (
        <li key={line.id} data-level={line.level}>
          <time dateTime={line.at} title={format.absolute(Date.parse(line.at))}>
            {clockOf(line.at)}
          </time>
          <Tag color={COLORS[line.level] ?? 'default'}>{line.level}</Tag>
          <span className="log-where">{line.service}</span>
          <Button type="link" className="cell-button log-text" onClick={() => onOpen(line)}>
            <span className="for-readers">{t.openLine}</span> {line.message} {line.code && <code>{line.code}</code>}{' '}
            <span className="quiet">{moreOf(line)}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** In the time of this browser: date, clock and thousandths, as lines of one second have an order too. */
function clockOf(at: string): string {
  const time = new Date(at);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(5, 10)} ${local.slice(11, 23)}`;
}

/** What a line is about where its message alone does not say: the error that it tells of, or the request. */
function moreOf({ message, fields }: LogLine): string {
  const error = fields['err'] as { message?: unknown } | undefined;
  if (typeof error?.message === 'string' && error.message !== message) return error.message;
  const { method, path, status } = fields;
  return typeof method === 'string' && typeof path === 'string' ? `${method} ${path} ${typeof status === 'number' ? status : ''}` : '';
}
