import { Button, Input, Segmented, Select } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { Field } from '../../../elements/field';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { migrationsQuery } from '../../migrations/queries';
import { UNIT_OF } from '../log-search';
import { unitTraceQuery, type UnitKind } from '../queries';
import { texts } from '../texts';
import { SpanTree } from './span-tree';

const KINDS: readonly UnitKind[] = ['object', 'table', 'path'];
const LISTED = 200;

/** What happened to one object, table or file: by its name, in one migration. */
export function UnitFinder() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [search, setSearch] = useSearchParams();
  const { data } = useQuery(migrationsQuery(workspace, { pageSize: LISTED }));
  const asked = { migration: search.get('migration') ?? '', kind: kindOf(search.get('kind')), name: search.get('name') ?? '' };
  const [migration, setMigration] = useState(asked.migration);
  const [kind, setKind] = useState<UnitKind>(asked.kind ?? 'object');
  const [name, setName] = useState(asked.name);
  const migrations = data?.items ?? [];
  const choose = (id: string) => {
    setMigration(id);
    const chosen = migrations.find((one) => one.id === id);
    if (chosen) setKind(UNIT_OF[chosen.spec.kind]);
  };
  const options = migrations.map(({ id, name: label }) => ({ value: id, label }));
  const isListed = migration === '' || options.some(({ value }) => value === migration);
  return (
    <>
      <section className="panel">
        <form
          className="unit-form"
          onSubmit={(event) => {
            event.preventDefault();
            setSearch({ view: 'unit', migration, kind, name });
          }}
        >
          <Field label={t.migration} path="migration">
            {(control) => (
              <Select
                {...control}
                showSearch={{ optionFilterProp: 'label' }}
                value={migration || undefined}
                options={isListed ? options : [{ value: migration, label: migration }, ...options]}
                onChange={choose}
              />
            )}
          </Field>
          <Field label={t.kindOfUnit} path="kind" isGroup>
            {() => (
              <Segmented<UnitKind>
                aria-label={t.kindOfUnit}
                value={kind}
                onChange={setKind}
                options={KINDS.map((one) => ({ value: one, label: t.units[one] }))}
              />
            )}
          </Field>
          <Field label={t.unitName} help={t.unitHelp[kind]} path={kind}>
            {(control) => (
              <Input {...control} className="mono" value={name} maxLength={8_192} onChange={({ target }) => setName(target.value)} />
            )}
          </Field>
          <div className="form-actions">
            <Button type="primary" htmlType="submit" disabled={migration === '' || name === ''}>
              {t.find}
            </Button>
          </div>
        </form>
      </section>
      {asked.kind && asked.migration !== '' && asked.name !== '' && (
        <Found migration={asked.migration} kind={asked.kind} name={asked.name} />
      )}
    </>
  );
}

const kindOf = (text: string | null): UnitKind | undefined => KINDS.find((kind) => kind === text);

function Found({ migration, kind, name }: { migration: string; kind: UnitKind; name: string }) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const { data, error, isPending, refetch } = useQuery(unitTraceQuery(workspace, migration, kind, name));
  if (error) return <ProblemView error={error} onRetry={() => void refetch()} />;
  if (isPending)
    return (
      <p className="quiet" role="status">
        {t.searching}
      </p>
    );
  const traces = [...Map.groupBy(data.spans, ({ traceId }) => traceId)];
  return (
    <>
      <section className="panel" aria-label={t.onRecord}>
        <h2>{t.onRecord}</h2>
        {data.failures.length === 0 && <p className="quiet">{t.noFailures}</p>}
        <ul className="rows">
          {data.failures.map((failure) => (
            <li key={failure.id}>
              <div>
                <code>{failure.code}</code>
                <span>{t.attempts(String(failure.attempts))}</span>
                <RelativeTime at={failure.lastFailedAt} />
              </div>
              <p>{failure.message}</p>
              {failure.traceId !== '' && (
                <p>
                  <Link to={`/traces/${failure.traceId}`}>{t.openTrace}</Link>
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
      {traces.length === 0 && (
        <section className="panel">
          <p className="quiet">{data.store === 'none' ? t.noStore : t.noSpans}</p>
        </section>
      )}
      {traces.map(([traceId, spans]) => (
        <section key={traceId} className="panel" aria-label={t.inTrace(traceId)}>
          <div className="panel-head">
            <h2>{t.inTrace(traceId.slice(0, 8))}</h2>
            <Link to={`/traces/${traceId}`}>{t.openTrace}</Link>
          </div>
          <SpanTree spans={spans} />
        </section>
      ))}
      {data.truncated && <p className="footnote">{t.truncated}</p>}
    </>
  );
}
