import { Tag } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { texts as elementTexts } from '../../../elements/texts';
import { useTexts } from '../../../language/texts';
import { useFix } from '../queries';
import { texts } from '../texts';
import { FixButton } from './fix-button';

type Finding = Schema<'Finding'>;
const COLOURS = { blocker: 'error', warning: 'warning', note: 'default' } as const;
const WEIGHT = { blocker: 0, warning: 1, note: 2 } as const;

export interface FindingListProps {
  migration: Schema<'Migration'>;
  workspace: string;
  mayFix: boolean;
}

/** What the precheck found, the worst first: each with its cause, what to do, and a button where the platform can do it. */
export function FindingList({ migration, workspace, mayFix }: FindingListProps) {
  const t = useTexts(texts);
  const fix = useFix(workspace, migration.id);
  const sorted = [...migration.findings].sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity]);
  return (
    <section className="panel" aria-label={t.findings}>
      <h2>{t.findings}</h2>
      {fix.error && <ProblemView error={fix.error} />}
      {sorted.length === 0 ? (
        <p className="quiet">{t.findingsNone}</p>
      ) : (
        <ul className="rows">
          {sorted.map((finding, index) => (
            <li key={`${finding.code}-${index}`}>
              <FindingText finding={finding} />
              {mayFix && finding.fix && (
                <FixButton
                  fix={finding.fix}
                  isBusy={fix.isPending}
                  onFix={(includeUnsafe) => fix.mutate({ code: finding.code, includeUnsafe })}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function FindingText({ finding: { severity, code, message, hint, subject } }: { finding: Finding }) {
  const t = useTexts(texts);
  const { subjects } = useTexts(elementTexts);
  return (
    <>
      <div>
        <Tag color={COLOURS[severity]}>{t.severities[severity]}</Tag>
        <span className="quiet">{subjects[subject]}</span>
        <code>{code}</code>
      </div>
      <p>{message}</p>
      {hint && <p className="quiet">{hint}</p>}
    </>
  );
}
