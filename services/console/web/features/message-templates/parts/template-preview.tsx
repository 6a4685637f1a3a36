import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useEffect, useState } from 'react';
import { Field } from '../../../elements/field';
import { ProblemView } from '../../../elements/problem-view';
import { useLanguage, useTexts } from '../../../language/texts';
import { subjectOf, titleOf } from '../../alerts/alert-words';
import { alertsQuery } from '../../alerts/queries';
import { useAlertScope } from '../../alerts/scope';
import { usePreview, type TemplateKey, type TemplateText } from '../queries';
import { texts } from '../texts';

const CHOICES = 20;

/** What the notifier makes of it, as the text that it is: whatever stands in it draws and runs nothing. */
export function TemplatePreview({ of, typed }: { of: TemplateKey; typed: TemplateText }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const scope = useAlertScope();
  const [alertId, setAlertId] = useState<string>();
  const { data: alerts } = useQuery({ ...alertsQuery(scope, { pageSize: CHOICES }), refetchInterval: false });
  const { mutate, data, error, isPending } = usePreview(scope);
  const show = (chosen: string | undefined) => mutate({ ...of, ...typed, alertId: chosen });
  useEffect(() => {
    show(undefined);
    // Once, of what is in force; after that whenever it is asked for.
  }, []);
  const choices = (alerts?.items ?? []).map((alert) => ({
    value: alert.id,
    label: `${titleOf(alert, language)} ${subjectOf(alert)}`.trim(),
  }));
  return (
    <section className="panel drawer-part" aria-label={t.preview}>
      <h2>{t.preview}</h2>
      <p className="quiet">{t.previewText}</p>
      <Field label={t.previewOf} path="alertId">
        {(control) => (
          <Select
            {...control}
            allowClear
            value={alertId}
            placeholder={t.sample}
            options={choices}
            onChange={(chosen: string | undefined) => {
              setAlertId(chosen);
              show(chosen);
            }}
          />
        )}
      </Field>
      <div>
        <Button loading={isPending} onClick={() => show(alertId)}>
          {t.previewRun}
        </Button>
      </div>
      {error && <ProblemView error={error} />}
      {data && (
        <div className="drawer-part" aria-live="polite">
          {data.problem && <Alert type="error" showIcon title={t.problem} description={data.problem} role="alert" />}
          <h3>{t.previewTitle}</h3>
          <p className="message-text" data-part="title">
            {data.title}
          </p>
          <h3>{t.previewBody}</h3>
          <p className="message-text" data-part="body">
            {data.body}
          </p>
        </div>
      )}
    </section>
  );
}
