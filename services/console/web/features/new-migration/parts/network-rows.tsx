import { Input, Select } from 'antd';
import { RowsField } from '../../../elements/rows-field';
import { WordsInput } from '../../../elements/words-input';
import { useTexts } from '../../../language/texts';
import type { HostScope } from '../plan';
import { texts } from '../texts';

type Plan = NonNullable<HostScope['network']>[number];
const MODES: readonly Plan['mode'][] = ['dhcp', 'keep', 'static'];

export interface NetworkRowsProps {
  plans: Plan[] | undefined;
  onChange: (plans: Plan[] | undefined) => void;
}

/** How the target's interfaces get their addresses: one row for each interface of the source that shall not use DHCP. */
export function NetworkRows({ plans, onChange }: NetworkRowsProps) {
  const h = useTexts(texts).host;
  return (
    <RowsField
      label={h.network}
      help={h.networkHelp}
      path="spec.host.network"
      blank={{ source: '', mode: 'keep' }}
      rows={plans}
      onChange={onChange}
    >
      {(plan, change) => (
        <>
          <Input
            aria-label={h.interface}
            placeholder="eth0"
            value={plan.source}
            onChange={({ target }) => change({ source: target.value })}
          />
          <Select<Plan['mode']>
            aria-label={h.networkMode}
            value={plan.mode}
            options={MODES.map((mode) => ({ value: mode, label: h.networkModes[mode] }))}
            // What belongs to a fixed address alone goes with it.
            onChange={(mode) =>
              change({ mode, ...(mode === 'static' ? {} : { addresses: undefined, gateway: undefined, nameServers: undefined }) })
            }
          />
          {plan.mode === 'static' && <FixedAddress plan={plan} onChange={change} />}
        </>
      )}
    </RowsField>
  );
}

function FixedAddress({ plan, onChange }: { plan: Plan; onChange: (part: Partial<Plan>) => void }) {
  const h = useTexts(texts).host;
  const list = (name: 'addresses' | 'nameServers', label: string, placeholder: string) => (
    <WordsInput
      className="wide"
      aria-label={label}
      placeholder={placeholder}
      value={plan[name] ?? []}
      onChange={(values) => onChange({ [name]: values.length === 0 ? undefined : values })}
    />
  );
  const text = (name: 'gateway' | 'mac', label: string, placeholder: string) => (
    <Input
      aria-label={label}
      placeholder={placeholder}
      value={plan[name] ?? ''}
      onChange={({ target }) => onChange({ [name]: target.value || undefined })}
    />
  );
  return (
    <>
      {list('addresses', h.addresses, `${h.addresses}: 192.0.2.7/24`)}
      {text('gateway', h.gateway, `${h.gateway}: 192.0.2.1`)}
      {list('nameServers', h.nameServers, `${h.nameServers}: 192.0.2.53`)}
      {text('mac', h.mac, `${h.mac}: ${h.byOrder}`)}
    </>
  );
}
