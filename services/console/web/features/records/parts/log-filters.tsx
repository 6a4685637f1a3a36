import { Input, Select, Switch } from 'antd';
import { useId } from 'react';
import { useSearchParams } from 'react-router';
import { TimeFilter } from '../../../elements/time-filter';
import { useNarrow } from '../../../elements/use-narrow';
import { useTexts } from '../../../language/texts';
import { useMay } from '../../../session/use-session';
import { LEVELS } from '../log-search';
import { texts } from '../texts';

const TEXT_FILTERS = ['service', 'host', 'trace', 'migration'] as const;
const TIME_FILTERS = ['since', 'until'] as const;
const LONGEST = { service: 100, host: 253, trace: 32, migration: 100 };

/** What the API can narrow the lines by, kept in the address. */
export function LogFilters({ isFollowed, onFollow }: { isFollowed: boolean; onFollow: (isFollowed: boolean) => void }) {
  const t = useTexts(texts);
  const followId = useId();
  const mayAll = useMay('log:read-platform');
  const [search] = useSearchParams();
  const narrow = useNarrow();
  return (
    <search className="filters log-filters">
      <Input.Search
        key={`q ${search.get('q') ?? ''}`}
        aria-label={t.words}
        placeholder={t.wordsHelp}
        defaultValue={search.get('q') ?? ''}
        maxLength={500}
        allowClear
        onSearch={(value) => narrow('q', value.trim())}
      />
      <Select
        aria-label={t.level}
        placeholder={t.levelHelp}
        value={search.get('level')}
        options={LEVELS.map((level) => ({ value: level, label: t.levelAndAbove(level) }))}
        allowClear
        onChange={(value) => narrow('level', value)}
      />
      {mayAll && (
        <Select
          aria-label={t.scope}
          value={search.get('scope') ?? 'workspace'}
          options={[
            { value: 'workspace', label: t.scopes.workspace },
            { value: 'platform', label: t.scopes.platform },
          ]}
          onChange={(value) => narrow('scope', value === 'platform' ? value : '')}
        />
      )}
      {TEXT_FILTERS.map((name) => (
        <Input.Search
          key={`${name} ${search.get(name) ?? ''}`}
          aria-label={t[name]}
          placeholder={t[name]}
          defaultValue={search.get(name) ?? ''}
          maxLength={LONGEST[name]}
          allowClear
          onSearch={(value) => narrow(name, value.trim())}
        />
      ))}
      {TIME_FILTERS.map((name) => (
        <TimeFilter
          key={`${name} ${search.get(name) ?? ''}`}
          label={t[name]}
          value={search.get(name)}
          onChange={(value) => narrow(name, value)}
        />
      ))}
      <div className="time-filter">
        <Switch id={followId} checked={isFollowed} onChange={onFollow} />
        <label htmlFor={followId}>{t.follow}</label>
      </div>
    </search>
  );
}
