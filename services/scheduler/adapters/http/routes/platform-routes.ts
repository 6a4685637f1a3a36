import { defineRoute } from '../route-definition';
import { index, reportKeys, version } from '../schemas/platform-schemas';

export const listReportKeys = defineRoute({
  operationId: 'listReportKeys',
  method: 'GET',
  path: '/v1/report-keys',
  tag: 'Platform',
  summary: 'Public keys of reports, with their history',
  permission: 'public',
  admission: 'report',
  status: 200,
  answer: reportKeys,
});

export const getVersion = defineRoute({
  operationId: 'getVersion',
  method: 'GET',
  path: '/v1/version',
  tag: 'Platform',
  summary: 'Version of the platform',
  permission: 'public',
  admission: 'read',
  status: 200,
  answer: version,
});

export const getIndex = defineRoute({
  operationId: 'getIndex',
  method: 'GET',
  path: '/',
  tag: 'Platform',
  summary: 'Where the documentation is',
  permission: 'public',
  admission: 'read',
  status: 200,
  answer: index,
});

export const platformRoutes = [listReportKeys, getVersion, getIndex];
