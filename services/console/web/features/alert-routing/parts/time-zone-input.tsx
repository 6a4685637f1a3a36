import { Select } from 'antd';
import type { FieldControl } from '../../../elements/field';

/** Those that the browser knows, its own first. */
const ZONES = [...new Set([Intl.DateTimeFormat().resolvedOptions().timeZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
const OPTIONS = ZONES.map((zone) => ({ value: zone, label: zone }));

export const OWN_ZONE = ZONES[0] ?? 'UTC';

export function TimeZoneInput({ control, value, onChange }: { control: FieldControl; value: string; onChange: (zone: string) => void }) {
  return <Select {...control} showSearch value={value} options={OPTIONS} onChange={onChange} />;
}
