import type { PageEntry } from '../../page-entry';

export const newMigration: PageEntry = {
  path: '/migrations/new',
  title: { en: 'New migration', 'zh-CN': '新建迁移' },
  load: () => import('./page'),
  permission: 'migration:write',
};
