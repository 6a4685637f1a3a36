import { Input, Select } from 'antd';
import { useSearchParams } from 'react-router';
import { TimeFilter } from '../../../elements/time-filter';
import { useNarrow } from '../../../elements/use-narrow';
import { useTexts } from '../../../language/texts';
import { useMay } from '../../../session/use-session';
import { texts } from '../texts';

const TEXT_FILTERS = ['action', 'actor', 'target'] as const;
const TIME_FILTERS = ['from', 'to'] as const;

/** What the API can narrow the list by, kept in the address. Another filter begins at the first page. */
export function AuditFilters() {
  const t = useTexts(texts);
  const mayAll = useMay('audit:read-platform');
  const [search] = useSearchParams();
  const narrow = useNarrow();
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
