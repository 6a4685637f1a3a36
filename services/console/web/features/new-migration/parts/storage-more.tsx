import { Checkbox } from 'antd';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import type { StorageScope } from '../plan';
import { texts } from '../texts';
import { LinesField } from './lines-field';
import { MoreOptions } from './more-options';
import { NumberField } from './number-field';

const MIB = 1024 ** 2;
const NAMES = ['filesFrom', 'maxDeletes', 'partSizeBytes', 'quarantineCap', 'symlinks', 'directoryMarkers'];

export interface StorageMoreProps {
  scope: StorageScope;
  onChange: (change: Partial<StorageScope>) => void;
}

export function StorageMore({ scope, onChange }: StorageMoreProps) {
  const t = useTexts(texts);
  const s = t.storage;
  return (
    <MoreOptions label={t.more} root="spec.storage" names={NAMES} scope={scope}>
      <LinesField
        label={s.filesFrom}
        help={s.filesFromHelp}
        path="spec.storage.filesFrom"
        placeholder={s.filesFromExample}
        values={scope.filesFrom}
        onChange={(filesFrom) => onChange({ filesFrom })}
      />
      <div className="field-grid">
        <NumberField
          label={s.maxDeletes}
          help={s.maxDeletesHelp}
          path="spec.storage.maxDeletes"
          placeholder="1000"
          value={scope.maxDeletes}
          onChange={(maxDeletes) => onChange({ maxDeletes })}
        />
        <NumberField
          label={s.partSize}
          help={s.partSizeHelp}
          path="spec.storage.partSizeBytes"
          placeholder={t.automatic}
          unit="MiB"
          scale={MIB}
          value={scope.partSizeBytes}
          onChange={(partSizeBytes) => onChange({ partSizeBytes })}
        />
        <NumberField
          label={t.quarantineCap}
          help={t.quarantineCapHelp}
          path="spec.storage.quarantineCap"
          placeholder="1000"
          value={scope.quarantineCap}
          onChange={(quarantineCap) => onChange({ quarantineCap })}
        />
      </div>
      <Field label={s.fileTrees} path="spec.storage.symlinks" isGroup>
        {() => (
          <span className="choice-lines">
            <Checkbox
              checked={scope.symlinks === 'follow'}
              onChange={({ target }) => onChange({ symlinks: target.checked ? 'follow' : undefined })}
            >
              {s.symlinks}
            </Checkbox>
            <Checkbox
              checked={scope.directoryMarkers !== false}
              onChange={({ target }) => onChange({ directoryMarkers: target.checked ? undefined : false })}
            >
              {s.directoryMarkers}
            </Checkbox>
          </span>
        )}
      </Field>
    </MoreOptions>
  );
}
