import { Input } from 'antd';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { pruned, withSpec, type Plan } from '../plan';
import { texts } from '../texts';
import { DatabaseOptions } from './database-options';
import { HostOptions } from './host-options';
import { RunOptions } from './run-options';
import { StorageOptions } from './storage-options';

export interface ScopeStepProps {
  plan: Plan;
  onChange: (change: Partial<Plan>) => void;
}

/** What is migrated, and how. Everything has a default with which nothing is lost. */
export function ScopeStep({ plan, onChange }: ScopeStepProps) {
  const t = useTexts(texts);
  const { spec, source } = plan;
  return (
    <div className="form">
      <Field label={t.migrationName} help={t.migrationNameHelp} path="name">
        {(control) => (
          <Input
            {...control}
            value={plan.name}
            maxLength={120}
            placeholder={`${source} → ${plan.target}`}
            onChange={({ target }) => onChange({ name: target.value })}
          />
        )}
      </Field>
      <fieldset>
        <legend>{t.scope}</legend>
        {spec.kind === 'storage' && (
          <StorageOptions
            endpoint={source}
            scope={spec.storage ?? {}}
            onChange={(change) => onChange({ spec: withSpec(spec, { storage: pruned({ ...spec.storage, ...change }) }) })}
          />
        )}
        {spec.kind === 'database' && (
          <DatabaseOptions
            endpoint={source}
            scope={spec.database ?? {}}
            onChange={(change) => onChange({ spec: withSpec(spec, { database: pruned({ ...spec.database, ...change }) }) })}
          />
        )}
        {spec.kind === 'host' && (
          <HostOptions
            endpoint={source}
            scope={spec.host ?? {}}
            onChange={(change) => onChange({ spec: withSpec(spec, { host: pruned({ ...spec.host, ...change }) }) })}
          />
        )}
      </fieldset>
      <RunOptions spec={spec} onChange={(change) => onChange({ spec: withSpec(spec, change) })} />
    </div>
  );
}
