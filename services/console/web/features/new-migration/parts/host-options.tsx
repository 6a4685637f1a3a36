import { Checkbox } from 'antd';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { ItemTree } from '../../endpoints/parts/item-tree';
import { isPattern, leftOutOf, tickedPaths } from '../chosen-items';
import type { HostScope } from '../plan';
import { texts } from '../texts';
import { ChoiceField } from './choice-field';
import { HostMore } from './host-more';
import { ListField } from './list-field';
import { TextField } from './text-field';

export interface HostOptionsProps {
  endpoint: string;
  scope: HostScope;
  onChange: (change: Partial<HostScope>) => void;
}

const LISTS = ['exclude', 'stopServices', 'confirmedDisks'] as const;

export function HostOptions({ endpoint, scope, onChange }: HostOptionsProps) {
  const t = useTexts(texts);
  const h = t.host;
  return (
    <>
      <div className="field">
        <span className="field-label">{h.browse}</span>
        <p className="field-help">{h.browseHelp}</p>
        <ItemTree
          endpoint={endpoint}
          label={h.browse}
          chosen={tickedPaths(scope)}
          isFixed={(item) => isPattern(item) || item.kind === 'disk'}
          onChoose={(item, isChosen) => onChange(leftOutOf(scope, item, isChosen))}
        />
      </div>
      <div className="field-grid">
        {LISTS.map((name) => (
          <ListField
            key={name}
            label={h[name]}
            help={h[`${name}Help`]}
            path={`spec.host.${name}`}
            placeholder={t.storage.nothing}
            values={scope[name]}
            onChange={(values) => onChange({ [name]: values })}
          />
        ))}
        <TextField
          label={h.targetDirectory}
          help={h.targetDirectoryHelp}
          path="spec.host.targetDirectory"
          value={scope.targetDirectory}
          onChange={(targetDirectory) => onChange({ targetDirectory })}
        />
        <TextField
          label={h.hostname}
          help={h.hostnameHelp}
          path="spec.host.hostname"
          value={scope.hostname}
          onChange={(hostname) => onChange({ hostname })}
        />
      </div>
      <ChoiceField
        label={h.engine}
        path="spec.host.engine"
        value={scope.engine}
        usual="files"
        choices={h.engines}
        onChange={(engine) => onChange({ engine })}
      />
      <ChoiceField
        label={h.sourceAfter}
        path="spec.host.sourceAfter"
        value={scope.sourceAfter}
        usual="keep"
        choices={h.afterwards}
        onChange={(sourceAfter) => onChange({ sourceAfter })}
      />
      <ChoiceField
        label={t.verify}
        path="spec.host.verify"
        value={scope.verify}
        usual="content"
        choices={h.verify}
        onChange={(verify) => onChange({ verify })}
      />
      <Field label={h.takeOver} path="spec.host.takeOverTarget" isGroup>
        {() => (
          <Checkbox
            checked={scope.takeOverTarget === true}
            onChange={({ target }) => onChange({ takeOverTarget: target.checked || undefined })}
          >
            {h.takeOverTarget}
          </Checkbox>
        )}
      </Field>
      <HostMore scope={scope} onChange={onChange} />
    </>
  );
}
