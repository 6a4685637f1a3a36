import ApiOutlined from '@ant-design/icons/ApiOutlined';
import type { PageEntry } from '../../page-entry';

export const endpoints: PageEntry = {
  path: '/endpoints',
  title: { en: 'Endpoints', 'zh-CN': '端点' },
  load: () => import('./page'),
  menu: { icon: ApiOutlined, order: 40 },
  permission: 'endpoint:read',
};
