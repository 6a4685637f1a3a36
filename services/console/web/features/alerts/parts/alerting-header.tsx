import { Select } from 'antd';
import type { ReactNode } from 'react';
import { NavLink, useNavigate, useLocation } from 'react-router';
import { PageHeader } from '../../../elements/page-header';
import { useIsServed } from '../../../elements/page-link';
import { useTexts } from '../../../language/texts';
import '../../../look/alerting.css';
import { useMay } from '../../../session/use-session';
import { pathIn, useAlertScope } from '../scope';
import { texts } from '../texts';

const SECTIONS = {
  alerts: '/alerts',
  silences: '/alerts/silences',
  rules: '/alerts/rules',
  channels: '/alerts/channels',
  routing: '/alerts/routing',
  deliveries: '/alerts/deliveries',
  templates: '/alerts/templates',
} as const;

type Section = keyof typeof SECTIONS;

export interface AlertingHeaderProps {
  title: string;
  lead: string;
  actions?: ReactNode;
}

/** Heads every page of alerts: what it is for, the way to the others, and whose alerts they are. */
export function AlertingHeader({ title, lead, actions }: AlertingHeaderProps) {
  const t = useTexts(texts);
  return (
    <>
      <PageHeader title={title} lead={lead} actions={actions} />
      <div className="alerting-bar">
        <nav aria-label={t.sections}>
          <ul>
            {(Object.keys(SECTIONS) as Section[]).map((section) => (
              <SectionLink key={section} section={section} />
            ))}
          </ul>
        </nav>
        <ScopeSelect />
      </div>
    </>
  );
}

function SectionLink({ section }: { section: Section }) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  if (!useIsServed(SECTIONS[section])) return null;
  return (
    <li>
      <NavLink to={pathIn(scope, SECTIONS[section])} end>
        {t.sectionNames[section]}
      </NavLink>
    </li>
  );
}

/** For administrators: the platform has alerts, channels and rules of its own. What was narrowed is not kept: it is of the other one. */
function ScopeSelect() {
  const t = useTexts(texts);
  const { isPlatform } = useAlertScope();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  if (!useMay('notification:manage-platform')) return null;
  return (
    <Select
      aria-label={t.scope}
      className="alerting-scope"
      value={isPlatform ? 'platform' : 'workspace'}
      options={(['workspace', 'platform'] as const).map((value) => ({ value, label: t.scopes[value] }))}
      onChange={(value) => void navigate(value === 'platform' ? `${pathname}?scope=platform` : pathname)}
    />
  );
}
