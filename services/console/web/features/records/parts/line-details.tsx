import { Drawer } from 'antd';
import { Link } from 'react-router';
import { Fact } from '../../../elements/fact';
import { PageLink } from '../../../elements/page-link';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { logsAddress } from '../log-search';
import type { LogLine } from '../queries';
import { texts } from '../texts';

/** All of a line, with ways on: to its trace, and to the lines of its service, of its pod, and of its migration around that time. */
export function LineDetails({ line, onClose }: { line: LogLine; onClose: () => void }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { at, level, service, host, module, message, code, traceId, migrationId, runId, fields } = line;
  const around = { since: shifted(at, -AROUND_MS), until: shifted(at, AROUND_MS) };
  return (
    <Drawer open title={t.line} size={620} onClose={onClose} closable={{ 'aria-label': t.close }}>
      <div className="stack">
        <p className="log-message unit">{message}</p>
        <dl className="facts">
          <Fact name={t.at}>{format.absolute(Date.parse(at))}</Fact>
          <Fact name={t.level}>{level}</Fact>
          <Fact name={t.code}>{code && <code>{code}</code>}</Fact>
          <Fact name={t.service}>
            {service} {module && <code>{module}</code>}{' '}
            <Link to={logsAddress({ service, migration: migrationId ?? undefined, ...around })}>{t.linesOfService}</Link>
          </Fact>
          <Fact name={t.host}>
            {host && (
              <>
                <code>{host}</code> <Link to={logsAddress({ host, ...around })}>{t.linesOfHost}</Link>
              </>
            )}
          </Fact>
          <Fact name={t.trace}>
            {traceId && (
              <>
                <code>{traceId}</code> <Link to={`/traces/${traceId}`}>{t.openTrace}</Link>{' '}
                <Link to={logsAddress({ trace: traceId })}>{t.linesOfTrace}</Link>
              </>
            )}
          </Fact>
          <Fact name={t.migration}>{migrationId && <PageLink to={`/migrations/${migrationId}`}>{migrationId}</PageLink>}</Fact>
          <Fact name={t.run}>{runId && <code>{runId}</code>}</Fact>
        </dl>
        <h2>{t.fields}</h2>
        <pre className="command wide">{JSON.stringify(fields, null, 2)}</pre>
      </div>
    </Drawer>
  );
}

/** A minute before and after. */
const AROUND_MS = 60_000;

const shifted = (at: string, byMs: number) => new Date(Date.parse(at) + byMs).toISOString();
