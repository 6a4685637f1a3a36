import ClusterOutlined from '@ant-design/icons/ClusterOutlined';
import type { PageEntry } from '../../page-entry';

export const topology: PageEntry = {
  path: '/admin/services',
  title: { en: 'Services', 'zh-CN': '服务拓扑' },
  load: () => import('./page'),
  menu: { icon: ClusterOutlined, order: 85 },
  permission: 'service:read-platform',
};
