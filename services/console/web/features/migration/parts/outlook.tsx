import { Alert } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** Why it does not go on by itself, in words: what failed, what is waited for and until when. */
export function Outlook({ migration: { error, stuck, waitingFor, status } }: { migration: Schema<'Migration'> }) {
  const t = useTexts(texts);
  return (
    <>
      {stuck && <Trouble title={t.stuck} error={stuck.error} type="warning" />}
      {error && status === 'failed' && <Trouble title={t.failed} error={error} type="error" />}
      {waitingFor && waitingFor.reason !== 'retry' && (
        <Alert
          showIcon
          type={waitingFor.reason === 'cutover' ? 'success' : 'info'}
          title={t.waits[waitingFor.reason]}
          description={
            (waitingFor.error ?? waitingFor.until) && (
              <>
                {waitingFor.error && `${waitingFor.error.code}: ${waitingFor.error.message} `}
                {waitingFor.until && (
                  <>
                    {waitingFor.reason === 'cutover' ? t.nextRound : t.goesOn} <RelativeTime at={waitingFor.until} />
                  </>
                )}
              </>
            )
          }
        />
      )}
    </>
  );
}

function Trouble({ title, error, type }: { title: string; error: Schema<'MigrationError'>; type: 'warning' | 'error' }) {
  return (
    <Alert
      role="alert"
      showIcon
      type={type}
      title={`${title}: ${error.message}`}
      description={
        <div className="problem">
          {error.hint && <p>{error.hint}</p>}
          <p className="problem-marks">
            <code>{error.code}</code>
          </p>
        </div>
      }
    />
  );
}
