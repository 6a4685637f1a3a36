import { Input, InputNumber, Select } from 'antd';
import { RowsField } from '../../../elements/rows-field';
import { useTexts } from '../../../language/texts';
import type { HostScope } from '../plan';
import { texts } from '../texts';

type Probe = NonNullable<HostScope['probes']>[number];
type ProbeKind = Probe['kind'];
/** What each begins with. */
const BLANK: { readonly [Kind in ProbeKind]: Extract<Probe, { kind: Kind }> } = {
  ssh: { kind: 'ssh' },
  tcp: { kind: 'tcp', port: 5432 },
  http: { kind: 'http', port: 80, path: '/' },
  mount: { kind: 'mount', mount: '/' },
  service: { kind: 'service', name: '' },
};
const KINDS = Object.keys(BLANK) as ProbeKind[];

export interface ProbeRowsProps {
  probes: Probe[] | undefined;
  onChange: (probes: Probe[] | undefined) => void;
}

/** What has to answer at the target before it is called working. */
export function ProbeRows({ probes = [], onChange }: ProbeRowsProps) {
  const h = useTexts(texts).host;
  // A row is one of several kinds, of which only whole ones make sense.
  const rows = probes.map((probe) => ({ probe }));
  return (
    <RowsField<{ probe: Probe }>
      label={h.probes}
      help={h.probesHelp}
      path="spec.host.probes"
      blank={{ probe: BLANK.tcp }}
      rows={rows}
      onChange={(changed) => onChange(changed?.map(({ probe }) => probe))}
    >
      {({ probe }, change) => (
        <>
          <Select<ProbeKind>
            aria-label={h.probeKind}
            value={probe.kind}
            options={KINDS.map((kind) => ({ value: kind, label: h.probeKinds[kind] }))}
            onChange={(kind) => change({ probe: BLANK[kind] })}
          />
          <ProbeInputs probe={probe} onChange={(changed) => change({ probe: changed })} />
        </>
      )}
    </RowsField>
  );
}

function ProbeInputs({ probe, onChange }: { probe: Probe; onChange: (probe: Probe) => void }) {
  const h = useTexts(texts).host;
  const text = (label: string, placeholder: string, value: string, become: (value: string) => Probe) => (
    <Input aria-label={label} placeholder={placeholder} value={value} onChange={({ target }) => onChange(become(target.value))} />
  );
  const port = (value: number | undefined, become: (value: number) => Probe) => (
    <InputNumber
      aria-label={h.port}
      min={1}
      max={65_535}
      value={value}
      controls={false}
      onChange={(entered) => entered !== null && onChange(become(entered))}
    />
  );
  switch (probe.kind) {
    case 'ssh':
      return null;
    case 'tcp':
      return port(probe.port, (value) => ({ ...probe, port: value }));
    case 'http':
      return (
        <>
          {port(probe.port, (value) => ({ ...probe, port: value }))}
          {text(h.httpPath, '/health', probe.path ?? '', (path) => ({ ...probe, path }))}
          {text(h.httpText, h.httpText, probe.expectText ?? '', (expectText) => ({ ...probe, expectText: expectText || undefined }))}
        </>
      );
    case 'mount':
      return text(h.mount, '/data', probe.mount, (mount) => ({ ...probe, mount }));
    case 'service':
      return text(h.service, 'nginx', probe.name, (name) => ({ ...probe, name }));
  }
}
