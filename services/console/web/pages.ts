import type { PageEntry } from './page-entry';
import { account } from './features/account';
import { adminUsers } from './features/admin-users';
import { adminWorkspaces } from './features/admin-workspaces';
import { alertRouting } from './features/alert-routing';
import { alertRules } from './features/alert-rules';
import { alerts } from './features/alerts';
import { apiKeys } from './features/api-keys';
import { audit } from './features/audit';
import { channels } from './features/channels';
import { dashboard } from './features/dashboard';
import { deliveries } from './features/deliveries';
import { endpoints } from './features/endpoints';
import { members } from './features/members';
import { messageTemplates } from './features/message-templates';
import { migration } from './features/migration';
import { migrations } from './features/migrations';
import { newMigration } from './features/new-migration';
import { silences } from './features/silences';
import { records, trace } from './features/records';
import { topology } from './features/topology';
import { welcome } from './features/welcome';

/** Every page. A new one is a folder in features/ and one line here. */
export const PAGES: readonly PageEntry[] = [
  dashboard,
  welcome,
  migrations,
  newMigration,
  migration,
  endpoints,
  alerts,
  silences,
  channels,
  alertRules,
  alertRouting,
  deliveries,
  messageTemplates,
  records,
  trace,
  members,
  apiKeys,
  audit,
  account,
  topology,
  adminUsers,
  adminWorkspaces,
];
