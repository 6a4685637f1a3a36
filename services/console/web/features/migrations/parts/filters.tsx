import { Input, Select } from 'antd';
import { useSearchParams } from 'react-router';
import { texts as elementTexts } from '../../../elements/texts';
import { useNarrow } from '../../../elements/use-narrow';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** What the list is narrowed to, kept in the address. Another filter begins at the first page. */
export function Filters() {
  const t = useTexts(texts);
  const { kinds, statuses } = useTexts(elementTexts);
  const [search] = useSearchParams();
  const narrow = useNarrow();
  const optionsOf = (names: Record<string, string>) => Object.entries(names).map(([value, label]) => ({ value, label }));
  return (
    <search className="filters">
      <Input.Search
        key={search.get('name') ?? ''}
        aria-label={t.searchName}
        placeholder={t.searchName}
        defaultValue={search.get('name') ?? ''}
        maxLength={200}
        allowClear
        onSearch={(value) => narrow('name', value.trim())}
      />
      <Select
        aria-label={t.kind}
        placeholder={t.kind}
        value={search.get('kind')}
        options={optionsOf(kinds)}
        allowClear
        onChange={(value) => narrow('kind', value)}
      />
      <Select
        aria-label={t.status}
        placeholder={t.status}
        value={search.get('status')}
        options={optionsOf(statuses)}
        allowClear
        onChange={(value) => narrow('status', value)}
      />
    </search>
  );
}
