import { Button } from 'antd';
import { useNavigate } from 'react-router';
import { KIND_ICONS, type MigrationKind } from '../../../elements/kind-icon';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** One of the three kinds, which leads to its wizard. */
export function ChoiceCard({ kind, mayBegin }: { kind: MigrationKind; mayBegin: boolean }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const Icon = KIND_ICONS[kind];
  const { title, text } = t[kind];
  return (
    <section className="panel choice" data-kind={kind} aria-labelledby={`choice-${kind}`}>
      <span className="choice-icon" aria-hidden="true">
        <Icon />
      </span>
      <h2 id={`choice-${kind}`}>{title}</h2>
      <p>{text}</p>
      {mayBegin && (
        <Button
          type="primary"
          size="large"
          aria-describedby={`choice-${kind}`}
          onClick={() => void navigate(`/migrations/new?kind=${kind}`)}
        >
          {t.choose}
        </Button>
      )}
    </section>
  );
}
