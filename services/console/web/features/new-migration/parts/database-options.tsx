import { Checkbox } from 'antd';
import { useTexts } from '../../../language/texts';
import { Field } from '../../../elements/field';
import { ItemTree } from '../../endpoints/parts/item-tree';
import { isPattern, namesOf, tickedNames } from '../chosen-items';
import type { DatabaseScope } from '../plan';
import { texts } from '../texts';
import { ChoiceField } from './choice-field';
import { DatabaseMore } from './database-more';
import { ListField } from './list-field';

export interface DatabaseOptionsProps {
  endpoint: string;
  scope: DatabaseScope;
  onChange: (change: Partial<DatabaseScope>) => void;
}

const LISTS = ['excludeSchemas', 'excludeTables'] as const;

export function DatabaseOptions({ endpoint, scope, onChange }: DatabaseOptionsProps) {
  const t = useTexts(texts);
  const d = t.database;
  const isLive = scope.mode !== 'snapshot';
  return (
    <>
      <div className="field">
        <span className="field-label">{d.browse}</span>
        <p className="field-help">{d.browseHelp}</p>
        <ItemTree
          endpoint={endpoint}
          label={d.browse}
          chosen={tickedNames(scope)}
          isFixed={isPattern}
          onChoose={(item, isChosen) => onChange(namesOf(scope, item, isChosen))}
        />
      </div>
      <div className="field-grid">
        {LISTS.map((name) => (
          <ListField
            key={name}
            label={d[name]}
            help={d[`${name}Help`]}
            path={`spec.database.${name}`}
            placeholder={t.storage.nothing}
            values={scope[name]}
            onChange={(values) => onChange({ [name]: values })}
          />
        ))}
      </div>
      <ChoiceField
        label={d.mode}
        path="spec.database.mode"
        value={scope.mode}
        usual="live"
        choices={d.modes}
        onChange={(mode) => onChange({ mode, ...(mode === 'snapshot' ? { reverse: undefined } : {}) })}
      />
      <ChoiceField
        label={d.targetPolicy}
        path="spec.database.targetPolicy"
        value={scope.targetPolicy}
        usual="refuse"
        choices={d.targetPolicies}
        onChange={(targetPolicy) => onChange({ targetPolicy })}
      />
      <ChoiceField
        label={t.verify}
        path="spec.database.verify"
        value={scope.verify}
        usual="content"
        choices={d.verify}
        onChange={(verify) => onChange({ verify })}
      />
      <Field label={d.also} path="spec.database.reverse" isGroup>
        {() => (
          <span className="choice-lines">
            <Checkbox
              checked={isLive && scope.reverse !== false}
              disabled={!isLive}
              onChange={({ target }) => onChange({ reverse: target.checked ? undefined : false })}
            >
              {d.reverse}
            </Checkbox>
            <Checkbox checked={scope.roles === true} onChange={({ target }) => onChange({ roles: target.checked || undefined })}>
              {d.roles}
            </Checkbox>
            <Checkbox
              checked={scope.publications === true}
              onChange={({ target }) => onChange({ publications: target.checked || undefined })}
            >
              {d.publications}
            </Checkbox>
            <Checkbox
              checked={scope.largeObjects !== false}
              onChange={({ target }) => onChange({ largeObjects: target.checked ? undefined : false })}
            >
              {d.largeObjects}
            </Checkbox>
          </span>
        )}
      </Field>
      <DatabaseMore scope={scope} onChange={onChange} />
    </>
  );
}
