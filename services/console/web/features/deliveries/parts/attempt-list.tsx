import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { Delivery } from '../queries';
import { texts } from '../texts';

/** Every attempt, the newest first: what came of it, and what the provider said. */
export function AttemptList({ delivery: { attempts } }: { delivery: Delivery }) {
  const t = useTexts(texts);
  const format = useFormats();
  if (attempts.length === 0) return <p className="quiet">{t.noAttempt}</p>;
  return (
    <ol className="attempts">
      {attempts.toReversed().map(({ at, outcome, errorCode, errorMessage, providerId, providerCode, durationMs }) => (
        <li key={at} data-outcome={outcome}>
          <p className="alert-line">
            <strong className="health" data-health={outcome}>
              {t.outcomes[outcome] ?? outcome}
            </strong>
            <span className="quiet">
              {format.absolute(Date.parse(at))} · {t.took(format.count(durationMs))}
            </span>
          </p>
          {errorMessage && <p className="unit">{errorMessage}</p>}
          <p className="problem-marks">
            {errorCode && <code>{errorCode}</code>}
            {providerCode && (
              <span>
                {t.providerCode} <code>{providerCode}</code>
              </span>
            )}
            {providerId && (
              <span>
                {t.providerId} <code>{providerId}</code>
              </span>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}
