import { useTexts } from '../../../language/texts';
import type { Alert } from '../queries';
import { texts } from '../texts';

/** How bad it is: a shape and a word, because colour alone says nothing to some. */
export function SeverityBadge({ severity }: { severity: string }) {
  const t = useTexts(texts);
  return (
    <span className="severity" data-severity={severity}>
      {t.severities[severity] ?? severity}
    </span>
  );
}

/** Where it stands: who sees to it matters more than that it is silenced. */
export function AlertState({ alert }: { alert: Alert }) {
  const t = useTexts(texts);
  const state = stateOf(alert);
  const word = t.states[state];
  return (
    <span className="alert-state" data-state={state}>
      {state === 'acknowledged' ? `${word}: ${alert.acknowledgedBy ?? ''}` : word}
    </span>
  );
}

function stateOf({ status, acknowledgedAt, silenceIds }: Alert): 'resolved' | 'acknowledged' | 'silenced' | 'firing' {
  if (status !== 'firing') return 'resolved';
  if (acknowledgedAt !== null) return 'acknowledged';
  return silenceIds.length > 0 ? 'silenced' : 'firing';
}
