import AuditOutlined from '@ant-design/icons/AuditOutlined';
import type { PageEntry } from '../../page-entry';

export const audit: PageEntry = {
  path: '/audit',
  title: { en: 'Audit', 'zh-CN': '审计' },
  load: () => import('./page'),
  menu: { icon: AuditOutlined, order: 74 },
  permission: 'audit:read',
};
