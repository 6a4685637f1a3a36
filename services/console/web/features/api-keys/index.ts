import KeyOutlined from '@ant-design/icons/KeyOutlined';
import type { PageEntry } from '../../page-entry';

export const apiKeys: PageEntry = {
  path: '/api-keys',
  title: { en: 'API keys', 'zh-CN': 'API 密钥' },
  load: () => import('./page'),
  menu: { icon: KeyOutlined, order: 72 },
  permission: 'api-key:manage',
};
