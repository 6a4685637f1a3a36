import { Input, Select } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useTexts } from '../../../language/texts';
import { LEVELS, logsAddress, type Level } from '../../records/log-search';
import { LogResults } from '../../records/parts/log-results';
import { texts as recordTexts } from '../../records/texts';
import { texts } from '../texts';

/** What the services logged about a migration, by words. */
export default function LogPanel({ migrationId, workspace, isLive }: { migrationId: string; workspace: string; isLive: boolean }) {
  const t = useTexts(texts);
  const r = useTexts(recordTexts);
  const [words, setWords] = useState('');
  const [level, setLevel] = useState<Level | undefined>('info');
  return (
    <section className="panel table-panel" aria-label={t.logs}>
      <div className="panel-head records-head">
        <h2>{t.logs}</h2>
        <Link to={logsAddress({ migration: migrationId, q: words, level })}>{t.logsPage}</Link>
      </div>
      <search className="filters">
        <Input.Search
          aria-label={r.wordsHelp}
          placeholder={r.wordsHelp}
          maxLength={500}
          allowClear
          onSearch={(value) => setWords(value.trim())}
        />
        <Select
          aria-label={r.levelHelp}
          placeholder={r.levelHelp}
          value={level}
          allowClear
          options={LEVELS.map((one) => ({ value: one, label: r.levelAndAbove(one) }))}
          onChange={(value) => setLevel(value ?? undefined)}
        />
      </search>
      <LogResults scope={{ workspace, migrationId }} filter={{ q: words === '' ? undefined : words, level }} isFollowed={isLive} />
    </section>
  );
}
