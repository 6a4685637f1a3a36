import RocketOutlined from '@ant-design/icons/RocketOutlined';
import type { PageEntry } from '../../page-entry';

export const welcome: PageEntry = {
  path: '/welcome',
  title: { en: 'Get started', 'zh-CN': '快速开始' },
  load: () => import('./page'),
  menu: { icon: RocketOutlined, order: 20 },
};
