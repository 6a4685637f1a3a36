import { defineRoute } from '../route-definition';
import { rates, ratesPatch } from '../schemas/limit-schemas';

const OF_ENDPOINT = '/v1/workspaces/{ws}/endpoints/{idOrName}/limits';
const OF_WORKSPACE = '/v1/workspaces/{ws}/limits';
const AT_ONCE = 'Shared exactly by all migrations concerned, in all replicas. A change holds within two seconds, also for those that run.';

export const getEndpointLimits = defineRoute({
  operationId: 'getEndpointLimits',
  method: 'GET',
  path: OF_ENDPOINT,
  tag: 'Endpoints',
  summary: 'Show the limits of an endpoint',
  permission: 'endpoint:read',
  admission: 'read',
  status: 200,
  answer: rates,
});

export const updateEndpointLimits = defineRoute({
  operationId: 'updateEndpointLimits',
  method: 'PATCH',
  path: OF_ENDPOINT,
  tag: 'Endpoints',
  summary: 'Change the limits of an endpoint',
  description: AT_ONCE,
  permission: 'endpoint:write',
  admission: 'transition',
  body: ratesPatch,
  status: 200,
  answer: rates,
});

export const getWorkspaceLimits = defineRoute({
  operationId: 'getWorkspaceLimits',
  method: 'GET',
  path: OF_WORKSPACE,
  tag: 'Workspaces',
  summary: 'Show the limits of a workspace',
  permission: 'migration:read',
  admission: 'read',
  status: 200,
  answer: rates,
});

export const updateWorkspaceLimits = defineRoute({
  operationId: 'updateWorkspaceLimits',
  method: 'PATCH',
  path: OF_WORKSPACE,
  tag: 'Workspaces',
  summary: 'Change the limits of a workspace',
  description: AT_ONCE,
  permission: 'workspace:write',
  admission: 'transition',
  body: ratesPatch,
  status: 200,
  answer: rates,
});

export const limitRoutes = [getEndpointLimits, updateEndpointLimits, getWorkspaceLimits, updateWorkspaceLimits];
