import type { PageEntry } from './page-entry';
import { account } from './features/account';
import { adminUsers } from './features/admin-users';
import { adminWorkspaces } from './features/admin-workspaces';
import { apiKeys } from './features/api-keys';
import { audit } from './features/audit';
import { dashboard } from './features/dashboard';
import { endpoints } from './features/endpoints';
import { members } from './features/members';
import { migration } from './features/migration';
import { migrations } from './features/migrations';
import { newMigration } from './features/new-migration';
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
