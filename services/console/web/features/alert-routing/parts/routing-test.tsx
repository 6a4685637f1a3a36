import { Button, Input } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { instantOf } from '../../../elements/local-time';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useAlertScope } from '../../alerts/scope';
import { pairsOf } from '../../channels/schema-fields';
import { useTestRouting, type RouteMatch } from '../queries';
import { texts } from '../texts';
import { useChannelWords } from './channel-select';

const EXAMPLE = 'alertname=migration-failed\nseverity=critical\nkind=database';

/** Which way an alert would take now, and what would hold it back. Nothing is sent. */
export function RoutingTest({ onTaken }: { onTaken: (taken: readonly (readonly string[])[]) => void }) {
  const t = useTexts(texts);
  const [labels, setLabels] = useState(EXAMPLE);
  const [at, setAt] = useState('');
  const { mutate, data, error, isPending } = useTestRouting(useAlertScope());
  const test = (event: FormEvent) => {
    event.preventDefault();
    mutate(
      { labels: pairsOf(labels), at: instantOf(at) },
      { onSuccess: ({ matches }) => onTaken(matches.map(({ path }) => path)), onError: () => onTaken([]) },
    );
  };
  return (
    <section className="panel" aria-label={t.test}>
      <h2>{t.test}</h2>
      <p className="quiet">{t.testText}</p>
      <FieldProblems value={fieldMessagesOf(error)}>
        <form className="form" noValidate onSubmit={test}>
          <Field label={t.testLabels} help={t.testLabelsHelp} path="labels">
            {(control) => (
              <Input.TextArea
                {...control}
                className="mono"
                rows={4}
                spellCheck={false}
                value={labels}
                onChange={({ target }) => setLabels(target.value)}
              />
            )}
          </Field>
          <Field label={t.testAt} help={t.testAtHelp} path="at">
            {(control) => <Input {...control} type="datetime-local" value={at} onChange={({ target }) => setAt(target.value)} />}
          </Field>
          <div className="form-actions">
            <Button htmlType="submit" loading={isPending}>
              {t.testRun}
            </Button>
          </div>
          {error && <ProblemView error={error} />}
        </form>
      </FieldProblems>
      {data && <Matches matches={data.matches} />}
    </section>
  );
}

function Matches({ matches }: { matches: readonly RouteMatch[] }) {
  const t = useTexts(texts);
  const words = useChannelWords();
  return (
    <div aria-live="polite" className="route-matches">
      {matches.length === 0 && <p>{t.noMatch}</p>}
      <ul className="rows">
        {matches.map(({ path, channelIds, heldBy, holder }) => (
          <li key={path.join(' ')}>
            <strong>{path.join(' › ')}</strong>
            <span>{channelIds.length === 0 ? t.toNobody : t.goesTo(channelIds.map(words).join(', '))}</span>
            {heldBy && (
              <span className="health" data-health="retry">
                {t.heldBy(t.holds[heldBy] ?? heldBy)} {holder && <code>{holder}</code>}
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
