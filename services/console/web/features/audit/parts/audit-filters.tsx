import { Input, Select } from 'antd';
import { useId } from 'react';
import { useSearchParams } from 'react-router';
import { useTexts } from '../../../language/texts';
import { useMay } from '../../../session/use-session';
import { texts } from '../texts';

const TEXT_FILTERS = ['action', 'actor', 'target'] as const;
const TIME_FILTERS = ['from', 'to'] as const;

/** What the API can narrow the list by, kept in the address. Another filter begins at the first page. */
export function AuditFilters() {
  const t = useTexts(texts);
  const mayAll = useMay('audit:read-platform');
  const [search, setSearch] = useSearchParams();
  const narrow = (name: string, value: string) =>
    setSearch((before) => {
      const params = new URLSearchParams(before);
      params.delete('after');
      if (value === '') params.delete(name);
      else params.set(name, value);
      return params;
    });
  return (
    <search className="filters audit-filters">
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
          placeholder={name === 'action' ? `${t.action}: ${t.actionHelp}` : t[name]}
          defaultValue={search.get(name) ?? ''}
          maxLength={name === 'action' ? 100 : 200}
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
