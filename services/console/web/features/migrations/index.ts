import SwapOutlined from '@ant-design/icons/SwapOutlined';
import type { PageEntry } from '../../page-entry';

export const migrations: PageEntry = {
  path: '/migrations',
  title: { en: 'Migrations', 'zh-CN': '迁移' },
  load: () => import('./page'),
  menu: { icon: SwapOutlined, order: 30 },
  permission: 'migration:read',
};
