import { Checkbox, Input, InputNumber } from 'antd';
import { Field } from '../../../elements/field';
import { RowsField } from '../../../elements/rows-field';
import { useTexts } from '../../../language/texts';
import type { HostScope } from '../plan';
import { texts } from '../texts';
import { ActionRows } from './action-rows';
import { ChoiceField } from './choice-field';
import { MoreOptions } from './more-options';
import { NetworkRows } from './network-rows';
import { NumberField } from './number-field';
import { ProbeRows } from './probe-rows';

const GIB = 1024 ** 3;
const NAMES = ['sizes', 'imageBytes', 'network', 'machineId', 'sshHostKeys', 'probes', 'actions', 'disableGuestTools', 'serialConsole'];
const HOW = ['direct', 'compress', 'streams', 'quarantineCap'];

export interface HostMoreProps {
  scope: HostScope;
  onChange: (change: Partial<HostScope>) => void;
}

/** What becomes of the machine at its new place, and how its data gets there. */
export function HostMore({ scope, onChange }: HostMoreProps) {
  const t = useTexts(texts);
  const h = t.host;
  return (
    <>
      <MoreOptions label={h.machine} root="spec.host" names={NAMES} scope={scope}>
        <DiskSizes scope={scope} onChange={onChange} />
        <NetworkRows plans={scope.network} onChange={(network) => onChange({ network })} />
        <ChoiceField
          label={h.machineId}
          path="spec.host.machineId"
          value={scope.machineId}
          usual="new"
          choices={h.machineIds}
          onChange={(machineId) => onChange({ machineId })}
        />
        <ChoiceField
          label={h.sshHostKeys}
          path="spec.host.sshHostKeys"
          value={scope.sshHostKeys}
          usual="keep"
          choices={h.hostKeys}
          onChange={(sshHostKeys) => onChange({ sshHostKeys })}
        />
        <ProbeRows probes={scope.probes} onChange={(probes) => onChange({ probes })} />
        <ActionRows actions={scope.actions} onChange={(actions) => onChange({ actions })} />
        <Field label={h.system} path="spec.host.disableGuestTools" isGroup>
          {() => (
            <span className="choice-lines">
              {(['disableGuestTools', 'serialConsole'] as const).map((name) => (
                <Checkbox
                  key={name}
                  checked={scope[name] !== false}
                  onChange={({ target }) => onChange({ [name]: target.checked ? undefined : false })}
                >
                  {h[name]}
                </Checkbox>
              ))}
            </span>
          )}
        </Field>
      </MoreOptions>
      <MoreOptions label={h.transfer} root="spec.host" names={HOW} scope={scope}>
        <TransferOptions scope={scope} onChange={onChange} />
      </MoreOptions>
    </>
  );
}

function DiskSizes({ scope, onChange }: HostMoreProps) {
  const t = useTexts(texts);
  const h = t.host;
  return (
    <>
      <RowsField
        label={h.sizes}
        help={h.sizesHelp}
        path="spec.host.sizes"
        blank={{ mount: '', sizeBytes: GIB }}
        rows={scope.sizes}
        onChange={(sizes) => onChange({ sizes })}
      >
        {({ mount, sizeBytes }, change) => (
          <>
            <Input aria-label={h.mount} placeholder="/" value={mount} onChange={({ target }) => change({ mount: target.value })} />
            <InputNumber
              aria-label={t.size}
              min={0}
              suffix="GiB"
              value={sizeBytes / GIB}
              onChange={(entered) => change({ sizeBytes: Math.round((entered ?? 0) * GIB) })}
            />
          </>
        )}
      </RowsField>
      <div className="field-grid">
        <NumberField
          label={h.imageBytes}
          help={h.imageBytesHelp}
          path="spec.host.imageBytes"
          placeholder={t.automatic}
          unit="GiB"
          scale={GIB}
          value={scope.imageBytes}
          onChange={(imageBytes) => onChange({ imageBytes })}
        />
      </div>
    </>
  );
}

function TransferOptions({ scope, onChange }: HostMoreProps) {
  const t = useTexts(texts);
  const h = t.host;
  return (
    <>
      <ChoiceField
        label={h.direct}
        path="spec.host.direct"
        value={scope.direct}
        usual="auto"
        choices={h.directs}
        onChange={(direct) => onChange({ direct })}
      />
      <ChoiceField
        label={h.compress}
        path="spec.host.compress"
        value={scope.compress}
        usual="auto"
        choices={h.compresses}
        onChange={(compress) => onChange({ compress })}
      />
      <div className="field-grid">
        <NumberField
          label={h.streams}
          help={h.streamsHelp}
          path="spec.host.streams"
          placeholder={t.automatic}
          max={64}
          value={scope.streams}
          onChange={(streams) => onChange({ streams })}
        />
        <NumberField
          label={t.quarantineCap}
          help={t.quarantineCapHelp}
          path="spec.host.quarantineCap"
          placeholder="1000"
          value={scope.quarantineCap}
          onChange={(quarantineCap) => onChange({ quarantineCap })}
        />
      </div>
    </>
  );
}
