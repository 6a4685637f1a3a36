import { useQueryClient } from '@tanstack/react-query';
import { Button, Drawer, InputNumber, Select, Switch } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { ChangedMeanwhile, useTheirs } from '../../alerts/parts/changed-meanwhile';
import { useAlertScope } from '../../alerts/scope';
import { useSeverityOptions } from '../../alerts/severities';
import { texts as alertTexts } from '../../alerts/texts';
import { ruleQuery, useSetRule, type AlertRule } from '../queries';
import { changeOf, typedOf, type TypedRule } from '../rule-change';
import { texts } from '../texts';

const WIDTH = 560;

/** From what on a rule fires. What is usual is said beside each field; what is out of bounds the API says. */
export function RuleDrawer({ rule, onClose }: { rule: AlertRule; onClose: () => void }) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const client = useQueryClient();
  const [since, setSince] = useState(rule);
  const [typed, setTyped] = useState(() => typedOf(rule));
  const { theirs, onError, forget } = useTheirs(() => client.fetchQuery({ ...ruleQuery(scope, rule.name), staleTime: 0 }));
  const { mutate, isPending, error, reset } = useSetRule(scope);
  const save = (event: FormEvent) => {
    event.preventDefault();
    mutate({ rule: since, body: changeOf(since, typed) }, { onSuccess: onClose, onError });
  };
  const goOn = (from: AlertRule, kept: TypedRule) => {
    setSince(from);
    setTyped(kept);
    forget();
    reset();
  };
  return (
    <Drawer open size={WIDTH} title={t.nameOf(rule.name)} closable={{ 'aria-label': t.close }} onClose={onClose}>
      <FieldProblems value={fieldMessagesOf(error)}>
        <form className="form" noValidate aria-label={t.changeOf(t.nameOf(rule.name))} onSubmit={save}>
          <p className="quiet">{t.summaryOf(rule.name, rule.summary)}</p>
          <RuleFields rule={since} typed={typed} onChange={(part) => setTyped((before) => ({ ...before, ...part }))} />
          {error && !theirs && <ProblemView error={error} />}
          {theirs && (
            <ChangedMeanwhile
              before={typedOf(since)}
              after={typedOf(theirs)}
              onKeep={() => goOn(theirs, typed)}
              onTake={() => goOn(theirs, typedOf(theirs))}
            />
          )}
          <div className="form-actions">
            <Button type="primary" htmlType="submit" loading={isPending}>
              {t.save}
            </Button>
          </div>
        </form>
      </FieldProblems>
    </Drawer>
  );
}

interface RuleFieldsProps {
  rule: AlertRule;
  typed: TypedRule;
  onChange: (part: Partial<TypedRule>) => void;
}

function RuleFields({ rule: { name, usual, thresholdRanges }, typed, onChange }: RuleFieldsProps) {
  const t = useTexts(texts);
  const { severities } = useTexts(alertTexts);
  const severityOptions = useSeverityOptions();
  const format = useFormats();
  return (
    <>
      <Field label={t.enabled} help={t.enabledHelp} path="enabled">
        {({ status: _status, ...control }) => (
          <Switch {...control} className="switch" checked={typed.enabled} onChange={(enabled) => onChange({ enabled })} />
        )}
      </Field>
      <div className="field-grid">
        <Field label={t.severity} help={t.usual(severities[usual.severity] ?? usual.severity)} path="severity">
          {(control) => (
            <Select {...control} value={typed.severity} options={severityOptions} onChange={(severity) => onChange({ severity })} />
          )}
        </Field>
        <Field label={t.forSeconds} help={`${t.forHelp} ${t.usual(format.count(usual.forSeconds))}`} path="forSeconds">
          {(control) => (
            <InputNumber {...control} controls={false} value={typed.forSeconds} onChange={(forSeconds) => onChange({ forSeconds })} />
          )}
        </Field>
        {Object.entries(thresholdRanges).map(([threshold, { summary, usual: value, minimum, maximum }]) => (
          <Field
            key={threshold}
            label={t.thresholds[threshold] ?? threshold}
            help={`${t.thresholdOf(`${name}.${threshold}`, summary)} ${t.usual(format.count(value))} ${t.range(format.count(minimum), format.count(maximum))}`}
            path={`thresholds.${threshold}`}
          >
            {(control) => (
              <InputNumber
                {...control}
                controls={false}
                value={typed.thresholds[threshold] ?? null}
                placeholder={format.count(value)}
                onChange={(wished) => onChange({ thresholds: { ...typed.thresholds, [threshold]: wished } })}
              />
            )}
          </Field>
        ))}
      </div>
    </>
  );
}
