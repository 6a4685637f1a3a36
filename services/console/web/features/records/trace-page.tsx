import { Button } from 'antd';
import ExportOutlined from '@ant-design/icons/ExportOutlined';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { PageHeader } from '../../elements/page-header';
import { ProblemView } from '../../elements/problem-view';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useFormats } from '../../language/format';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { logsAddress } from './log-search';
import { LogResults } from './parts/log-results';
import { durationText, SpanTree } from './parts/span-tree';
import { traceQuery, type TraceSpan } from './queries';
import { extentOf } from './span-rows';
import { texts } from './texts';
import './records.css';

/** One trace: its steps over all services, and what was logged meanwhile. */
export default function TracePage() {
  const t = useTexts(texts);
  const { traceId = '' } = useParams();
  const { workspace } = useIdentity();
  const isPlatform = useMay('log:read-platform');
  const { data, error, isPending, refetch } = useQuery(traceQuery(workspace, traceId));
  return (
    <>
      <PageHeader
        title={t.traceTitle}
        lead={traceId}
        actions={
          data?.viewUrl && (
            <Button href={data.viewUrl} target="_blank" rel="noreferrer" icon={<ExportOutlined aria-hidden="true" />}>
              {t.openJaeger}
            </Button>
          )
        }
      />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {isPending && <PageSkeleton />}
      {data && (
        <>
          <Summary spans={data.spans} />
          <section className="panel">
            <SpanTree spans={data.spans} />
            {data.truncated && <p className="footnote">{t.truncated}</p>}
          </section>
        </>
      )}
      <section className="panel table-panel" aria-label={t.logsOfTrace}>
        <div className="panel-head records-head">
          <h2>{t.logsOfTrace}</h2>
          <Link to={logsAddress({ trace: traceId })}>{t.searchThem}</Link>
        </div>
        <LogResults scope={{ workspace, isPlatform }} filter={{ traceId, since: sinceOf(data?.spans) }} />
      </section>
    </>
  );
}

/** Lines of the last day are searched unless a time is given: a trace may be older. */
const sinceOf = (spans: readonly TraceSpan[] | undefined): string | undefined => spans?.map(({ startedAt }) => startedAt).sort()[0];

function Summary({ spans }: { spans: readonly TraceSpan[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { firstMs, lengthMs } = extentOf(spans);
  const figures = [
    [t.begun, format.absolute(firstMs)],
    [t.duration, durationText(lengthMs)],
    [t.services, [...new Set(spans.map(({ service }) => service))].join(', ')],
    [t.spanCount, format.count(spans.length)],
    [t.failedSpans, format.count(spans.filter(({ failed }) => failed).length)],
  ] as const;
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name} className="panel figure small">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
