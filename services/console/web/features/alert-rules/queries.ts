import { queryOptions, useMutation } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from '../alerts/scope';

export type AlertRule = Schema<'AlertRule'>;
export type RuleChange = Schema<'SetAlertRuleRequest'>;

export const rulesQuery = ({ api, ws, key }: AlertScope) =>
  queryOptions({
    queryKey: ['alert-rules', key],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/alert-rules', { params: { path: { ws } }, signal })),
  });

export const ruleQuery = ({ api, ws, key }: AlertScope, rule: string) =>
  queryOptions({
    queryKey: ['alert-rules', key, rule],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/alert-rules/{rule}', { params: { path: { ws, rule } }, signal })),
  });

type Known = Pick<AlertRule, 'name' | 'version'>;
const headersOf = ({ version }: Known) => ({ 'If-Match': `"${version}"` });

/** The whole change of a rule: what is not in it is as usual. */
export function useSetRule(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'alert-rules');
  return useMutation({
    mutationFn: ({ rule, body }: { rule: Known; body: RuleChange }) =>
      answerOf(
        api.PUT('/v1/workspaces/{ws}/alert-rules/{rule}', { params: { path: { ws, rule: rule.name }, header: headersOf(rule) }, body }),
      ),
    onSuccess,
  });
}

export function useResetRule(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'alert-rules');
  return useMutation({
    mutationFn: (rule: Known) =>
      answerOf(
        api.DELETE('/v1/workspaces/{ws}/alert-rules/{rule}', { params: { path: { ws, rule: rule.name }, header: headersOf(rule) } }),
      ),
    onSuccess,
  });
}
