import { useQuery } from '@tanstack/react-query';
import { Button, Tag } from 'antd';
import { useState } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { secondFactorQuery } from '../queries';
import { texts } from '../texts';
import { EnrolDialog } from './enrol-dialog';
import { RemoveFactorDialog } from './remove-factor-dialog';

export function SecondFactorPanel() {
  const t = useTexts(texts);
  const format = useFormats();
  const { data, error, refetch } = useQuery(secondFactorQuery);
  const [isOpen, setOpen] = useState<'enrol' | 'remove' | null>(null);
  const close = () => setOpen(null);
  return (
    <section className="panel" aria-label={t.secondFactor}>
      <h2>{t.secondFactor}</h2>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data && (
        <div className="stack">
          <p>
            {data.enrolled ? t.factorOn : t.factorOff} {data.required && <Tag>{t.factorRequired}</Tag>}
          </p>
          {data.enrolled && (
            <p className="quiet">
              {data.confirmedAt && (
                <>
                  {t.factorSince} <RelativeTime at={data.confirmedAt} /> ·{' '}
                </>
              )}
              {t.codesLeft(format.count(data.recoveryCodesLeft))}
            </p>
          )}
          {data.enrolled ? (
            <Button danger onClick={() => setOpen('remove')}>
              {t.remove}
            </Button>
          ) : (
            <Button type="primary" onClick={() => setOpen('enrol')}>
              {t.enrol}
            </Button>
          )}
        </div>
      )}
      {isOpen === 'enrol' && <EnrolDialog onClose={close} />}
      {isOpen === 'remove' && <RemoveFactorDialog onClose={close} />}
    </section>
  );
}
