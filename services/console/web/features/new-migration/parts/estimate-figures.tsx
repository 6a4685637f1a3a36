import type { Schema } from '@smartant/contracts/openapi';
import type { MigrationKind } from '../../../elements/kind-icon';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** How much there is. How long it takes nobody can say before anything has moved: that stands on the migration's page. */
export function EstimateFigures({ kind, estimate }: { kind: MigrationKind; estimate: Schema<'PrecheckResult'>['estimate'] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const atLeast = (text: string) => (estimate.complete ? text : t.atLeast(text));
  return (
    <section aria-label={t.estimate}>
      <h3>{t.estimate}</h3>
      <dl className="figures">
        <div className="figure small">
          <dt>{t.counted[kind]}</dt>
          <dd>{atLeast(format.count(estimate.objects))}</dd>
        </div>
        <div className="figure small">
          <dt>{t.size}</dt>
          <dd>{atLeast(format.bytes(estimate.bytes))}</dd>
        </div>
      </dl>
      <p className="footnote">{t.noTime}</p>
    </section>
  );
}
