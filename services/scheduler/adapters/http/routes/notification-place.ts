import type { Permission } from '../../../application/identity/permissions';

/** Where routes about notifications stand: in a workspace, or beside those for administrators of the platform. */
export interface NotificationRoutePlace<Prefix extends string> {
  prefix: Prefix;
  /** Stands in the names of operations: `listPlatformAlerts`. */
  infix: '' | 'Platform';
  permissions: Record<'read' | 'operate' | 'configure', Permission>;
  /** Ends every summary. */
  ofWhom: '' | ' of the platform';
}

export const IN_WORKSPACE: NotificationRoutePlace<'/v1/workspaces/{ws}'> = {
  prefix: '/v1/workspaces/{ws}',
  infix: '',
  permissions: { read: 'notification:read', operate: 'notification:operate', configure: 'notification:configure' },
  ofWhom: '',
};

export const OF_PLATFORM: NotificationRoutePlace<'/v1/admin'> = {
  prefix: '/v1/admin',
  infix: 'Platform',
  permissions: {
    read: 'notification:manage-platform',
    operate: 'notification:manage-platform',
    configure: 'notification:manage-platform',
  },
  ofWhom: ' of the platform',
};
