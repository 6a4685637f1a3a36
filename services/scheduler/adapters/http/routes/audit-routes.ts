import { defineRoute } from '../route-definition';
import { auditEntries, auditQuery, exportQuery } from '../schemas/audit-schemas';

const LINES =
  'NDJSON: a header, then of each chain a signed anchor (where old entries were removed), its entries with their hashes in order and signed checkpoints between them, and at last a signed end. Check it with `smartant audit verify`.';

export const listAuditEntries = defineRoute({
  operationId: 'listAuditEntries',
  method: 'GET',
  path: '/v1/workspaces/{ws}/audit',
  tag: 'Workspaces',
  summary: 'What was done and refused in the workspace',
  description: 'Newest first. An entry appears about a second after what it tells of. Owners and administrators only.',
  permission: 'audit:read',
  admission: 'list',
  query: auditQuery,
  status: 200,
  answer: auditEntries,
});

export const exportAudit = defineRoute({
  operationId: 'exportAudit',
  method: 'GET',
  path: '/v1/workspaces/{ws}/audit/export',
  tag: 'Workspaces',
  summary: "Export the workspace's audit trail",
  description: LINES,
  permission: 'audit:read',
  admission: 'report',
  query: exportQuery,
  status: 200,
  answer: 'lines',
});

export const listAllAuditEntries = defineRoute({
  operationId: 'listAllAuditEntries',
  method: 'GET',
  path: '/v1/audit',
  tag: 'Platform',
  summary: 'What was done and refused on the platform',
  description: 'Of all workspaces and of the platform itself, newest first. Administrators only.',
  permission: 'audit:read-platform',
  admission: 'list',
  query: auditQuery,
  status: 200,
  answer: auditEntries,
});

export const exportAllAudit = defineRoute({
  operationId: 'exportAllAudit',
  method: 'GET',
  path: '/v1/audit/export',
  tag: 'Platform',
  summary: 'Export the audit trail of the platform',
  description: LINES,
  permission: 'audit:read-platform',
  admission: 'report',
  status: 200,
  answer: 'lines',
});

export const auditRoutes = [listAuditEntries, exportAudit, listAllAuditEntries, exportAllAudit];
