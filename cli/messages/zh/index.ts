import type { Messages } from '../messages';
import { administration } from './administration';
import { alertRules } from './alert-rules';
import { audit } from './audit';
import { checks } from './checks';
import { database } from './database';
import { endpoints } from './endpoints';
import { hosts } from './hosts';
import { findings } from './findings';
import { images } from './images';
import { migrations } from './migrations';
import { notifications } from './notifications';
import { program } from './program';
import { progress } from './progress';
import { operations } from './operations';
import { records } from './records';
import { reports } from './reports';
import { signIn } from './sign-in';
import { tables } from './tables';
import { tenancy } from './tenancy';

/** 与 ../en 逐文件、逐项对应。 */
export const zh: Messages = {
  help: {
    ...administration.help,
    ...audit.help,
    ...endpoints.help,
    ...migrations.help,
    ...program.help,
    ...reports.help,
    ...signIn.help,
  },
  ...administration.texts,
  ...audit.texts,
  ...endpoints.texts,
  ...migrations.texts,
  ...program.texts,
  ...progress.texts,
  ...reports.texts,
  ...signIn.texts,
  ...tables.texts,
  alertRules,
  checks,
  database,
  hosts,
  images,
  notifications,
  findingText: (code: string) => findings[code] ?? null,
  operations,
  records,
  tenancy,
};
