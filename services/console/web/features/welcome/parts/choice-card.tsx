import { Button } from 'antd';
import { useNavigate } from 'react-router';
import { KIND_ICONS, type MigrationKind } from '../../../elements/kind-icon';
import { useIsServed } from '../../../elements/page-link';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface ChoiceCardProps {
  kind: MigrationKind;
  isChosen: boolean;
  /** Absent for who may not begin a migration. */
  onChoose?: () => void;
}

export function ChoiceCard({ kind, isChosen, onChoose }: ChoiceCardProps) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const wizard = `/migrations/new?kind=${kind}`;
  const hasWizard = useIsServed(wizard);
  const Icon = KIND_ICONS[kind];
  const { title, text } = t[kind];
  return (
    <section className="panel choice" data-kind={kind} data-chosen={isChosen} aria-labelledby={`choice-${kind}`}>
      <span className="choice-icon" aria-hidden="true">
        <Icon />
      </span>
      <h2 id={`choice-${kind}`}>{title}</h2>
      <p>{text}</p>
      {onChoose && (
        <Button
          type={isChosen ? 'default' : 'primary'}
          size="large"
          aria-describedby={`choice-${kind}`}
          aria-expanded={hasWizard ? undefined : isChosen}
          onClick={() => (hasWizard ? void navigate(wizard) : onChoose())}
        >
          {t.choose}
        </Button>
      )}
    </section>
  );
}
