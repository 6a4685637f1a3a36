import type { Schema } from '@smartant/contracts/openapi';
import { Link } from 'react-router';
import { useIsServed } from '../../../elements/page-link';
import { PhaseBadge, StatusBadge } from '../../../elements/state-badges';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** `sample` is null where there is none, and undefined while it is being asked for. */
export function SamplePanel({ sample }: { sample: Schema<'Migration'> | null | undefined }) {
  const t = useTexts(texts);
  const page = `/migrations/${sample?.id ?? ''}`;
  const isServed = useIsServed(page);
  return (
    <section className="panel sample" aria-labelledby="sample">
      <div>
        <h2 id="sample">{t.sampleTitle}</h2>
        <p className="quiet">{t.sampleText}</p>
        {sample === null && <p className="quiet">{t.sampleMissing}</p>}
      </div>
      {sample && (
        <p className="sample-state">
          <PhaseBadge phase={sample.phase} />
          <StatusBadge status={sample.status} />
          {isServed && <Link to={page}>{t.sampleOpen}</Link>}
        </p>
      )}
    </section>
  );
}
