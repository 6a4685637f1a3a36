import type { PageEntry } from '../../page-entry';

export const migration: PageEntry = {
  path: '/migrations/:id',
  title: { en: 'Migration', 'zh-CN': '迁移任务' },
  load: () => import('./page'),
  permission: 'migration:read',
};
