import { defineRoute } from '../route-definition';
import { index, parkedEvents, platformServices, replayed, replayInput, reportKeys, version } from '../schemas/platform-schemas';

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

export const listParkedEvents = defineRoute({
  operationId: 'listParkedEvents',
  method: 'GET',
  path: '/v1/admin/events/parked',
  tag: 'Platform',
  summary: 'List events that no attempt could handle',
  description: 'At most 100 of each consumer, oldest first. Administrators only.',
  permission: 'event:manage',
  admission: 'list',
  status: 200,
  answer: parkedEvents,
});

export const replayParkedEvents = defineRoute({
  operationId: 'replayParkedEvents',
  method: 'POST',
  path: '/v1/admin/events/replay',
  tag: 'Platform',
  summary: 'Give a consumer its parked events once more',
  description: 'What fails again is parked again. Administrators only.',
  permission: 'event:manage',
  admission: 'transition',
  body: replayInput,
  status: 200,
  answer: replayed,
});

export const listServices = defineRoute({
  operationId: 'listServices',
  method: 'GET',
  path: '/v1/platform/services',
  tag: 'Platform',
  summary: 'The services of the platform, with their processes',
  description:
    'From what each process says of itself every ten seconds: health, version, when it was heard, and how the calls are shared between versions. Administrators only.',
  permission: 'service:read-platform',
  admission: 'list',
  status: 200,
  answer: platformServices,
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

export const platformRoutes = [listReportKeys, listParkedEvents, replayParkedEvents, listServices, getVersion, getIndex];
