import { Button, Input, Select } from 'antd';
import { useTexts } from '../../../language/texts';
import { useSeverityOptions } from '../severities';
import { texts } from '../texts';
import { useNarrowing } from '../use-narrowing';

const STATUSES = ['firing', 'resolved'] as const;

/** What the list is narrowed to, kept in the address. Another filter begins at the first page. */
export function AlertFilters() {
  const t = useTexts(texts);
  const { given, narrow } = useNarrowing();
  const severities = useSeverityOptions();
  const migration = given('migration');
  return (
    <search className="filters alert-filters">
      <Input.Search
        key={given('text') ?? ''}
        aria-label={t.search}
        placeholder={t.search}
        defaultValue={given('text')}
        maxLength={200}
        allowClear
        onSearch={(value) => narrow('text', value.trim())}
      />
      <Select
        aria-label={t.status}
        placeholder={t.status}
        value={given('status')}
        options={STATUSES.map((value) => ({ value, label: t.states[value] }))}
        allowClear
        onChange={(value: string | undefined) => narrow('status', value)}
      />
      <Select
        aria-label={t.severity}
        placeholder={t.severity}
        value={given('severity')}
        options={severities}
        allowClear
        onChange={(value: string | undefined) => narrow('severity', value)}
      />
      {migration !== undefined && (
        <p className="filter-note">
          {t.ofMigration(migration)}{' '}
          <Button size="small" onClick={() => narrow('migration', undefined)}>
            {t.allMigrations}
          </Button>
        </p>
      )}
    </search>
  );
}
