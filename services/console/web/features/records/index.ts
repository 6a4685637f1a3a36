import FileSearchOutlined from '@ant-design/icons/FileSearchOutlined';
import type { PageEntry } from '../../page-entry';

export const records: PageEntry = {
  path: '/logs',
  title: { en: 'Logs and traces', 'zh-CN': '日志与链路' },
  load: () => import('./page'),
  menu: { icon: FileSearchOutlined, order: 35 },
  permission: 'migration:read',
};

export const trace: PageEntry = {
  path: '/traces/:traceId',
  title: { en: 'Trace', 'zh-CN': '链路' },
  load: () => import('./trace-page'),
  permission: 'migration:read',
};
