import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { pageQuery } from '../schemas/named-schema';
import { endpointHealth, migrationEventPage, migrationSummary } from '../schemas/overview-schemas';

export const summarizeMigrations = defineRoute({
  operationId: 'summarizeMigrations',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migration-summary',
  tag: 'Migrations',
  summary: 'How many migrations stand in each phase and status',
  permission: 'migration:read',
  admission: 'list',
  status: 200,
  answer: migrationSummary,
});

export const summarizeAllMigrations = defineRoute({
  operationId: 'summarizeAllMigrations',
  method: 'GET',
  path: '/v1/admin/migration-summary',
  tag: 'Platform',
  summary: 'How many migrations of each workspace stand in each phase and status',
  permission: 'workspace:manage',
  admission: 'list',
  status: 200,
  answer: migrationSummary,
});

export const listEndpointHealth = defineRoute({
  operationId: 'listEndpointHealth',
  method: 'GET',
  path: '/v1/workspaces/{ws}/endpoint-health',
  tag: 'Endpoints',
  summary: 'Whether the endpoints of migrations in progress can be reached',
  description: 'As they were tried last (SMARTANT_ENDPOINT_TRIAL_SECONDS); at most 500, those that cannot be reached first.',
  permission: 'endpoint:read',
  admission: 'list',
  status: 200,
  answer: endpointHealth,
});

export const listAllEndpointHealth = defineRoute({
  operationId: 'listAllEndpointHealth',
  method: 'GET',
  path: '/v1/admin/endpoint-health',
  tag: 'Platform',
  summary: 'Whether the endpoints of migrations in progress can be reached, in all workspaces',
  permission: 'workspace:manage',
  admission: 'list',
  status: 200,
  answer: endpointHealth,
});

export const listMigrationEvents = defineRoute({
  operationId: 'listMigrationEvents',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/events',
  tag: 'Migrations',
  summary: 'What happened to a migration',
  description: 'Newest first: phases that began and ended, what was asked for, and what failed. The latest 2,000 are kept.',
  permission: 'migration:read',
  admission: 'list',
  query: z.strictObject(pageQuery),
  status: 200,
  answer: migrationEventPage,
});

export const overviewRoutes = [summarizeMigrations, summarizeAllMigrations, listEndpointHealth, listAllEndpointHealth, listMigrationEvents];
