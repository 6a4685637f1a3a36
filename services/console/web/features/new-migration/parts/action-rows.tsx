import { Checkbox, Input } from 'antd';
import { RowsField } from '../../../elements/rows-field';
import { useTexts } from '../../../language/texts';
import type { HostScope } from '../plan';
import { texts } from '../texts';

type Action = NonNullable<HostScope['actions']>[number];

export interface ActionRowsProps {
  actions: Action[] | undefined;
  onChange: (actions: Action[] | undefined) => void;
}

/** Scripts that are run at the target once it has started. */
export function ActionRows({ actions, onChange }: ActionRowsProps) {
  const h = useTexts(texts).host;
  return (
    <RowsField
      label={h.actions}
      help={h.actionsHelp}
      path="spec.host.actions"
      blank={{ name: '', script: '#!/bin/sh\n' }}
      rows={actions}
      onChange={onChange}
    >
      {({ name, script, required }, change) => (
        <>
          <Input
            aria-label={h.actionName}
            placeholder={h.actionName}
            maxLength={63}
            value={name}
            onChange={({ target }) => change({ name: target.value })}
          />
          <Checkbox checked={required !== false} onChange={({ target }) => change({ required: target.checked ? undefined : false })}>
            {h.actionRequired}
          </Checkbox>
          <Input.TextArea
            className="whole mono"
            aria-label={h.actionScript}
            spellCheck={false}
            rows={5}
            value={script}
            onChange={({ target }) => change({ script: target.value })}
          />
        </>
      )}
    </RowsField>
  );
}
