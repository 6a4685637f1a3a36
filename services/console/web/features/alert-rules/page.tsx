import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemView } from '../../elements/problem-view';
import { useTexts } from '../../language/texts';
import { useMay } from '../../session/use-session';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { useAlertScope } from '../alerts/scope';
import { RuleDrawer } from './parts/rule-drawer';
import { RuleTable } from './parts/rule-table';
import { rulesQuery, type AlertRule } from './queries';
import { texts } from './texts';

/** The built-in rules, as they are set here. */
export default function AlertRulesPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const mayWrite = useMay(scope.isPlatform ? 'alert-rule:manage-platform' : 'alert-rule:write');
  const { data, error, isPending, refetch } = useQuery(rulesQuery(scope));
  const [opened, open] = useState<AlertRule>();
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      <section className="panel table-panel">
        <RuleTable rules={data?.items ?? []} isLoading={isPending} mayWrite={mayWrite} onOpen={open} />
      </section>
      {opened && <RuleDrawer rule={opened} onClose={() => open(undefined)} />}
    </>
  );
}
