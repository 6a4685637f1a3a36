import CheckCircleFilled from '@ant-design/icons/CheckCircleFilled';
import CloseCircleFilled from '@ant-design/icons/CloseCircleFilled';
import InfoCircleFilled from '@ant-design/icons/InfoCircleFilled';
import WarningFilled from '@ant-design/icons/WarningFilled';
import type { Schema } from '@smartant/contracts/openapi';
import type { ReactNode } from 'react';
import { useTexts } from '../language/texts';
import { texts } from './texts';

type Finding = Schema<'Finding'>;
const SEVERITIES = ['blocker', 'warning', 'note'] as const;
const ICONS = { blocker: CloseCircleFilled, warning: WarningFilled, note: InfoCircleFilled };

export interface FindingGroupsProps {
  findings: readonly Finding[];
  /** What stands where nothing was found. */
  nothing: string;
  /** What can be done about one. */
  actionOf?: (finding: Finding) => ReactNode;
}

/** What a check found, the worst first: what it is, and what to do about it. */
export function FindingGroups({ findings, nothing, actionOf }: FindingGroupsProps) {
  const t = useTexts(texts);
  if (findings.length === 0) {
    return (
      <p className="finding-none">
        <CheckCircleFilled aria-hidden="true" /> {nothing}
      </p>
    );
  }
  return (
    <div className="finding-groups">
      {SEVERITIES.map((severity) => {
        const found = findings.filter((finding) => finding.severity === severity);
        if (found.length === 0) return null;
        const Icon = ICONS[severity];
        return (
          <section key={severity} className="finding-group" data-severity={severity} aria-label={t.severities[severity]}>
            <h3>
              <Icon aria-hidden="true" /> {t.severities[severity]} <span className="count">{found.length}</span>
            </h3>
            <ul>
              {found.map((finding, index) => (
                <li key={`${finding.code}-${index}`}>
                  <p>{finding.message}</p>
                  {finding.hint && <p className="quiet">{finding.hint}</p>}
                  <p className="footnote">
                    {t.subjects[finding.subject]} <code>{finding.code}</code>
                  </p>
                  {actionOf?.(finding)}
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
