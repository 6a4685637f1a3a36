import { Segmented } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { PageHeader } from '../../elements/page-header';
import { useTexts } from '../../language/texts';
import { useIdentity } from '../../session/use-session';
import { logFilterOf, logScopeOf } from './log-search';
import { LogFilters } from './parts/log-filters';
import { LogResults } from './parts/log-results';
import { UnitFinder } from './parts/unit-finder';
import { texts } from './texts';
import './records.css';

type View = 'logs' | 'unit';

export default function RecordsPage() {
  const t = useTexts(texts);
  const [search, setSearch] = useSearchParams();
  const view: View = search.get('view') === 'unit' ? 'unit' : 'logs';
  const show = (wanted: View) => {
    const migration = search.get('migration');
    setSearch({ ...(wanted === 'unit' && { view: wanted }), ...(migration !== null && { migration }) });
  };
  return (
    <>
      <PageHeader
        title={t.title}
        lead={t.lead}
        actions={
          <Segmented<View>
            aria-label={t.view}
            value={view}
            onChange={show}
            options={[
              { value: 'logs', label: t.views.logs },
              { value: 'unit', label: t.views.unit },
            ]}
          />
        }
      />
      {view === 'logs' ? <Logs /> : <UnitFinder key={search.toString()} />}
    </>
  );
}

function Logs() {
  const { workspace } = useIdentity();
  const [search] = useSearchParams();
  const [isFollowed, setFollowed] = useState(false);
  return (
    <section className="panel table-panel">
      <LogFilters isFollowed={isFollowed} onFollow={setFollowed} />
      <LogResults scope={logScopeOf(search, workspace)} filter={logFilterOf(search)} isFollowed={isFollowed} />
    </section>
  );
}
