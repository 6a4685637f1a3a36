import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { AskedButton } from '../../alerts/parts/asked-button';
import { ChangedMeanwhile, useTheirs } from '../../alerts/parts/changed-meanwhile';
import { useAlertScope, useMayIn } from '../../alerts/scope';
import { templatesQuery, useResetTemplate, useSaveTemplate, type Template, type TemplateKey, type TemplateText } from '../queries';
import { inForce, ownOf } from '../template-in-force';
import { texts } from '../texts';
import { TemplatePreview } from './template-preview';

export interface TemplateEditorProps {
  of: TemplateKey;
  templates: readonly Template[];
}

const textOf = (template: Template | undefined): TemplateText => ({ title: template?.title ?? '', body: template?.body ?? '' });

/** Title and text of one template, beside what they make of an alert. */
export function TemplateEditor({ of, templates }: TemplateEditorProps) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const client = useQueryClient();
  const mayConfigure = useMayIn(scope, 'configure');
  const mayOperate = useMayIn(scope, 'operate');
  const own = ownOf(templates, of);
  const [base, setBase] = useState(() => ({ version: own?.version ?? 0, text: textOf(inForce(templates, of)) }));
  const [typed, setTyped] = useState(base.text);
  const { mutate, isPending, error, isSuccess, reset } = useSaveTemplate(scope);
  const change = (part: Partial<TemplateText>) => {
    setTyped((before) => ({ ...before, ...part }));
    if (isSuccess) reset();
  };
  /** What is in force by now; version 0 where it is not one's own, which the next save then makes. */
  const lookAgain = async () => {
    const { items } = await client.fetchQuery({ ...templatesQuery(scope), staleTime: 0 });
    const now = inForce(items, of);
    return now && { ...now, version: ownOf(items, of)?.version ?? 0 };
  };
  const { theirs, onError, forget } = useTheirs(lookAgain);
  const goOn = (from: Template, kept: TemplateText) => {
    setBase({ version: from.version, text: textOf(from) });
    setTyped(kept);
    forget();
    reset();
  };
  const afterReset = async () => {
    const now = await lookAgain();
    if (now) goOn(now, textOf(now));
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    mutate(
      { of, version: base.version, body: typed },
      { onSuccess: (after) => setBase({ version: after.version, text: textOf(after) }), onError },
    );
  };
  return (
    <div className="columns">
      <FieldProblems value={fieldMessagesOf(error)}>
        <form className="panel form template-form" noValidate aria-label={t.title} onSubmit={save}>
          <TextFields typed={typed} isFixed={!mayConfigure} onChange={change} />
          {error && !theirs && <ProblemView error={error} />}
          {theirs && (
            <ChangedMeanwhile
              before={base.text}
              after={textOf(theirs)}
              onKeep={() => goOn(theirs, typed)}
              onTake={() => goOn(theirs, textOf(theirs))}
            />
          )}
          {isSuccess && <Alert type="success" showIcon title={t.saved} role="status" />}
          {mayConfigure && (
            <div className="form-actions">
              <Button type="primary" htmlType="submit" loading={isPending}>
                {t.save}
              </Button>
              {own && <ResetButton of={of} onReset={() => void afterReset()} />}
            </div>
          )}
        </form>
      </FieldProblems>
      {mayOperate && <TemplatePreview of={of} typed={typed} />}
    </div>
  );
}

interface TextFieldsProps {
  typed: TemplateText;
  isFixed: boolean;
  onChange: (part: Partial<TemplateText>) => void;
}

function TextFields({ typed, isFixed, onChange }: TextFieldsProps) {
  const t = useTexts(texts);
  const common = { spellCheck: false, readOnly: isFixed, className: 'mono' };
  return (
    <>
      <Field label={t.titleField} help={t.titleHelp} path="title">
        {(control) => (
          <Input.TextArea
            {...control}
            {...common}
            rows={3}
            value={typed.title}
            onChange={({ target }) => onChange({ title: target.value })}
          />
        )}
      </Field>
      <Field label={t.body} help={t.bodyHelp} path="body">
        {(control) => (
          <Input.TextArea
            {...control}
            {...common}
            rows={16}
            value={typed.body}
            onChange={({ target }) => onChange({ body: target.value })}
          />
        )}
      </Field>
    </>
  );
}

function ResetButton({ of, onReset }: { of: TemplateKey; onReset: () => void }) {
  const t = useTexts(texts);
  const { mutate, isPending, error, reset } = useResetTemplate(useAlertScope());
  return (
    <AskedButton
      text={t.reset}
      label={t.reset}
      title={t.resetTitle}
      explanation={t.resetText}
      isDangerous
      isBusy={isPending}
      error={error}
      onConfirm={(close) =>
        mutate(of, {
          onSuccess: () => {
            close();
            onReset();
          },
        })
      }
      onLeave={reset}
    />
  );
}
