import { defineRoute } from '../route-definition';
import { alertConditionQuery, alertConditions, alertRule, alertRuleInput, alertRules } from '../schemas/alert-rule-schemas';

const RULES = '/v1/workspaces/{ws}/alert-rules';
const RULE = '/v1/workspaces/{ws}/alert-rules/{rule}';
const PLATFORM_RULES = '/v1/admin/alert-rules';
const PLATFORM_RULE = '/v1/admin/alert-rules/{rule}';
const AS_A_WHOLE = 'The body is the whole change: what is not in it is as usual. It holds from the next look on, which is seconds away.';
const STATES = 'Newest first. Conditions that are over are shown for a quarter of an hour.';
const ADMINISTRATORS = 'Administrators only.';

export const listAlertRules = defineRoute({
  operationId: 'listAlertRules',
  method: 'GET',
  path: RULES,
  tag: 'Alerts',
  summary: 'What is watched, and how',
  description: 'Every built-in rule as it is set in the workspace.',
  permission: 'alert-rule:read',
  admission: 'read',
  status: 200,
  answer: alertRules,
});

export const getAlertRule = defineRoute({
  operationId: 'getAlertRule',
  method: 'GET',
  path: RULE,
  tag: 'Alerts',
  summary: 'Show an alert rule',
  permission: 'alert-rule:read',
  admission: 'read',
  etag: true,
  status: 200,
  answer: alertRule,
});

export const setAlertRule = defineRoute({
  operationId: 'setAlertRule',
  method: 'PUT',
  path: RULE,
  tag: 'Alerts',
  summary: 'Set an alert rule',
  description: `${AS_A_WHOLE} Owners and administrators only.`,
  permission: 'alert-rule:write',
  admission: 'transition',
  body: alertRuleInput,
  ifMatch: true,
  etag: true,
  status: 200,
  answer: alertRule,
});

export const resetAlertRule = defineRoute({
  operationId: 'resetAlertRule',
  method: 'DELETE',
  path: RULE,
  tag: 'Alerts',
  summary: 'Bring an alert rule back to the usual',
  description: 'Owners and administrators only.',
  permission: 'alert-rule:write',
  admission: 'transition',
  ifMatch: true,
  status: 204,
  answer: 'nothing',
});

export const listAlertConditions = defineRoute({
  operationId: 'listAlertConditions',
  method: 'GET',
  path: '/v1/workspaces/{ws}/alert-conditions',
  tag: 'Alerts',
  summary: 'What the alert rules see now',
  description: STATES,
  permission: 'alert-rule:read',
  admission: 'list',
  query: alertConditionQuery,
  status: 200,
  answer: alertConditions,
});

export const listPlatformAlertRules = defineRoute({
  operationId: 'listPlatformAlertRules',
  method: 'GET',
  path: PLATFORM_RULES,
  tag: 'Platform',
  summary: 'What is watched of the platform itself, and how',
  description: ADMINISTRATORS,
  permission: 'alert-rule:manage-platform',
  admission: 'read',
  status: 200,
  answer: alertRules,
});

export const getPlatformAlertRule = defineRoute({
  operationId: 'getPlatformAlertRule',
  method: 'GET',
  path: PLATFORM_RULE,
  tag: 'Platform',
  summary: 'Show an alert rule of the platform',
  description: ADMINISTRATORS,
  permission: 'alert-rule:manage-platform',
  admission: 'read',
  etag: true,
  status: 200,
  answer: alertRule,
});

export const setPlatformAlertRule = defineRoute({
  operationId: 'setPlatformAlertRule',
  method: 'PUT',
  path: PLATFORM_RULE,
  tag: 'Platform',
  summary: 'Set an alert rule of the platform',
  description: `${AS_A_WHOLE} ${ADMINISTRATORS}`,
  permission: 'alert-rule:manage-platform',
  admission: 'transition',
  body: alertRuleInput,
  ifMatch: true,
  etag: true,
  status: 200,
  answer: alertRule,
});

export const resetPlatformAlertRule = defineRoute({
  operationId: 'resetPlatformAlertRule',
  method: 'DELETE',
  path: PLATFORM_RULE,
  tag: 'Platform',
  summary: 'Bring an alert rule of the platform back to the usual',
  description: ADMINISTRATORS,
  permission: 'alert-rule:manage-platform',
  admission: 'transition',
  ifMatch: true,
  status: 204,
  answer: 'nothing',
});

export const listPlatformAlertConditions = defineRoute({
  operationId: 'listPlatformAlertConditions',
  method: 'GET',
  path: '/v1/admin/alert-conditions',
  tag: 'Platform',
  summary: 'What the alert rules of the platform see now',
  description: `${STATES} ${ADMINISTRATORS}`,
  permission: 'alert-rule:manage-platform',
  admission: 'list',
  query: alertConditionQuery,
  status: 200,
  answer: alertConditions,
});

export const alertRuleRoutes = [
  listAlertRules,
  getAlertRule,
  setAlertRule,
  resetAlertRule,
  listAlertConditions,
  listPlatformAlertRules,
  getPlatformAlertRule,
  setPlatformAlertRule,
  resetPlatformAlertRule,
  listPlatformAlertConditions,
];
