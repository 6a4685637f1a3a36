import { Select } from 'antd';
import { useState } from 'react';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { MatcherRows } from '../../silences/parts/matcher-rows';
import { readMatcher, writeMatcher } from '../../silences/matcher-text';
import { without, type Inhibition } from '../routing-document';
import { texts } from '../texts';
import type { PartFormProps } from './calendar-form';
import { NamedForm } from './named-form';

/** While one fires, others are not told of. */
export function InhibitionForm({ part, path, onDone }: PartFormProps<Inhibition>) {
  const t = useTexts(texts);
  const [name, setName] = useState(part.name);
  const [source, setSource] = useState(() => part.source.map(readMatcher));
  const [target, setTarget] = useState(() => part.target.map(readMatcher));
  const [equal, setEqual] = useState(part.equal ?? []);
  const done = () => onDone(without({ name, source: source.map(writeMatcher), target: target.map(writeMatcher), equal }));
  return (
    <NamedForm label={t.lists.inhibitions.one} name={name} path={path} onName={setName} onDone={done}>
      <Field label={t.inhibits} path={`${path}.source`} isGroup>
        {() => <MatcherRows path={`${path}.source`} matchers={source} onChange={setSource} />}
      </Field>
      <Field label={t.inhibited} path={`${path}.target`} isGroup>
        {() => <MatcherRows path={`${path}.target`} matchers={target} onChange={setTarget} />}
      </Field>
      <Field label={t.equal} help={t.equalHelp} path={`${path}.equal`}>
        {(control) => (
          <Select
            {...control}
            mode="tags"
            value={equal}
            options={['node', 'migration', 'endpoint'].map((value) => ({ value, label: value }))}
            onChange={setEqual}
          />
        )}
      </Field>
    </NamedForm>
  );
}
