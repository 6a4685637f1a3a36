import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { pageQuery } from '../schemas/named-schema';
import { migrationEventPage, migrationSummary } from '../schemas/overview-schemas';

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

export const overviewRoutes = [summarizeMigrations, summarizeAllMigrations, listMigrationEvents];
