import { defineRoute } from '../route-definition';
import { tokenAnswer } from '../schemas/identity-schemas';
import {
  quotasPatch,
  quotaState,
  signInRules,
  signInRulesPatch,
  switchInput,
  workspace,
  workspaceInput,
  workspaceList,
  workspacePatch,
} from '../schemas/tenancy-schemas';

export const switchWorkspace = defineRoute({
  operationId: 'switchWorkspace',
  method: 'POST',
  path: '/v1/auth/workspace',
  tag: 'Sign-in',
  summary: 'Switch to another workspace',
  description: 'A token for another workspace of yours, which ends when the one you have ends. Tokens of API keys stay in their workspace.',
  permission: 'identity:read',
  admission: 'sign-in',
  body: switchInput,
  status: 200,
  answer: tokenAnswer,
});

export const listWorkspaces = defineRoute({
  operationId: 'listWorkspaces',
  method: 'GET',
  path: '/v1/workspaces',
  tag: 'Workspaces',
  summary: 'List your workspaces',
  description: 'All of them for administrators.',
  permission: 'identity:read',
  admission: 'list',
  status: 200,
  answer: workspaceList,
});

export const createWorkspace = defineRoute({
  operationId: 'createWorkspace',
  method: 'POST',
  path: '/v1/admin/workspaces',
  tag: 'Workspaces',
  summary: 'Create a workspace',
  description: 'You become its first owner. Administrators only.',
  permission: 'workspace:manage',
  admission: 'transition',
  body: workspaceInput,
  status: 201,
  answer: workspace,
});

export const updateWorkspace = defineRoute({
  operationId: 'updateWorkspace',
  method: 'PATCH',
  path: '/v1/admin/workspaces/{idOrName}',
  tag: 'Workspaces',
  summary: 'Rename, disable or enable a workspace',
  description: 'Holds within seconds, also for tokens that are out. Administrators only.',
  permission: 'workspace:manage',
  admission: 'transition',
  body: workspacePatch,
  status: 200,
  answer: workspace,
});

export const getQuotas = defineRoute({
  operationId: 'getQuotas',
  method: 'GET',
  path: '/v1/workspaces/{ws}/quotas',
  tag: 'Workspaces',
  summary: 'Show the quotas of your workspace, and what of them is in use',
  permission: 'migration:read',
  admission: 'read',
  status: 200,
  answer: quotaState,
});

export const getWorkspaceQuotas = defineRoute({
  operationId: 'getWorkspaceQuotas',
  method: 'GET',
  path: '/v1/admin/workspaces/{idOrName}/quotas',
  tag: 'Workspaces',
  summary: 'Show the quotas of any workspace',
  description: 'Administrators only.',
  permission: 'workspace:manage',
  admission: 'read',
  status: 200,
  answer: quotaState,
});

export const updateWorkspaceQuotas = defineRoute({
  operationId: 'updateWorkspaceQuotas',
  method: 'PATCH',
  path: '/v1/admin/workspaces/{idOrName}/quotas',
  tag: 'Workspaces',
  summary: 'Change the quotas of a workspace',
  description:
    'What is above a lowered quota stays; nothing is added to it. Limits of the workspace that are above a ceiling come down to it. Administrators only.',
  permission: 'workspace:manage',
  admission: 'transition',
  body: quotasPatch,
  status: 200,
  answer: quotaState,
});

export const getSignInRules = defineRoute({
  operationId: 'getSignInRules',
  method: 'GET',
  path: '/v1/workspaces/{ws}/sign-in-rules',
  tag: 'Workspaces',
  summary: 'Show what your workspace asks of those who sign in to it',
  permission: 'identity:read',
  admission: 'read',
  status: 200,
  answer: signInRules,
});

export const updateSignInRules = defineRoute({
  operationId: 'updateSignInRules',
  method: 'PATCH',
  path: '/v1/workspaces/{ws}/sign-in-rules',
  tag: 'Workspaces',
  summary: 'Make a second factor compulsory in your workspace, or not any more',
  description:
    'For owners who have signed in with a second factor themselves, and not with an API key. Sessions that there are come under it when they are renewed. API keys are not affected.',
  permission: 'sign-in-rule:manage',
  admission: 'transition',
  body: signInRulesPatch,
  status: 200,
  answer: signInRules,
});

export const workspaceRoutes = [
  switchWorkspace,
  listWorkspaces,
  createWorkspace,
  updateWorkspace,
  getQuotas,
  getWorkspaceQuotas,
  updateWorkspaceQuotas,
  getSignInRules,
  updateSignInRules,
];
