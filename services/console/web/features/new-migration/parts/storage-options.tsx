import { useTexts } from '../../../language/texts';
import { ItemTree } from '../../endpoints/parts/item-tree';
import { includeOf, isPattern, tickedObjects } from '../chosen-items';
import type { StorageScope } from '../plan';
import { texts } from '../texts';
import { ChoiceField } from './choice-field';
import { ListField } from './list-field';
import { NumberField } from './number-field';
import { StorageMore } from './storage-more';

const MIB = 1024 ** 2;

export interface StorageOptionsProps {
  endpoint: string;
  scope: StorageScope;
  onChange: (change: Partial<StorageScope>) => void;
}

export function StorageOptions({ endpoint, scope, onChange }: StorageOptionsProps) {
  const t = useTexts(texts);
  const s = t.storage;
  const bounds = [
    ['minSizeBytes', s.minSize, s.minSizeHelp],
    ['maxSizeBytes', s.maxSize, s.maxSizeHelp],
  ] as const;
  return (
    <>
      <div className="field">
        <span className="field-label">{s.browse}</span>
        <p className="field-help">{s.browseHelp}</p>
        <ItemTree
          endpoint={endpoint}
          label={s.browse}
          chosen={tickedObjects(scope.include)}
          isFixed={isPattern}
          onChoose={(item, isChosen) => onChange({ include: includeOf(scope.include, item, isChosen) })}
        />
      </div>
      <div className="field-grid">
        {(['include', 'exclude'] as const).map((name) => (
          <ListField
            key={name}
            label={s[name]}
            help={s[`${name}Help`]}
            path={`spec.storage.${name}`}
            placeholder={name === 'include' ? s.everything : s.nothing}
            values={scope[name]}
            onChange={(values) => onChange({ [name]: values })}
          />
        ))}
        {bounds.map(([name, label, help]) => (
          <NumberField
            key={name}
            label={label}
            help={help}
            path={`spec.storage.${name}`}
            placeholder={t.noBound}
            unit="MiB"
            scale={MIB}
            value={scope[name]}
            onChange={(bytes) => onChange({ [name]: bytes })}
          />
        ))}
      </div>
      <ChoiceField
        label={s.deletePolicy}
        path="spec.storage.deletePolicy"
        value={scope.deletePolicy}
        usual={undefined}
        automatic={s.deletesAutomatic}
        choices={s.deletes}
        onChange={(deletePolicy) => onChange({ deletePolicy })}
      />
      <ChoiceField
        label={t.verify}
        path="spec.storage.verify"
        value={scope.verify}
        usual="content"
        choices={s.verify}
        onChange={(verify) => onChange({ verify })}
      />
      <StorageMore scope={scope} onChange={onChange} />
    </>
  );
}
