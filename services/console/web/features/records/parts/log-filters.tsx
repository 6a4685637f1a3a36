import { Input, Select, Switch } from 'antd';
import { useId } from 'react';
import { useSearchParams } from 'react-router';
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
  const [search, setSearch] = useSearchParams();
  const narrow = (name: string, value: string) =>
    setSearch((before) => {
      const params = new URLSearchParams(before);
      if (value === '') params.delete(name);
      else params.set(name, value);
      return params;
    });
  return (
    <search className="filters log-filters">
      <Input.Search
        key={`q ${search.get('q') ?? ''}`}
        className="log-words"
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
        onChange={(value) => narrow('level', value ?? '')}
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

/** In the time of this browser; the address has it in UTC, so that others see the same. */
function TimeFilter({ label, value, onChange }: { label: string; value: string | null; onChange: (value: string) => void }) {
  const inputId = useId();
  const shown = value === null || Number.isNaN(Date.parse(value)) ? '' : localMinute(new Date(value));
  const commit = (entered: string) => {
    if (entered !== shown) onChange(entered === '' ? '' : new Date(entered).toISOString());
  };
  return (
    <div className="time-filter">
      <label htmlFor={inputId}>{label}</label>
      <Input
        id={inputId}
        type="datetime-local"
        defaultValue={shown}
        onBlur={({ target }) => commit(target.value)}
        onPressEnter={({ currentTarget }) => commit(currentTarget.value)}
      />
    </div>
  );
}

const localMinute = (at: Date) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
