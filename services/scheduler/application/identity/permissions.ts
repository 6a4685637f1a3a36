import type { Caller } from '../use-cases';

export type Role = Caller['role'];

/** What a route asks of its caller. Each one is granted to roles by `ROLE_PERMISSIONS`, and nowhere else. */
export const PERMISSIONS = [
  'identity:read',
  /** One's own password, sessions and second factor. */
  'account:manage',
  'api-key:manage',
  'endpoint:read',
  'endpoint:write',
  'file-root:read',
  'file-root:write',
  'migration:read',
  'migration:write',
  'migration:delete',
  'notification:read',
  /** Acknowledge, silence, send again, try out. */
  'notification:operate',
  /** Channels, routing, templates. */
  'notification:configure',
  'notification:manage-platform',
  'workspace:write',
  'second-factor:reset',
  'signing-key:manage',
  'identity-provider:manage',
  'event:manage',
  'audit:read',
  'audit:read-platform',
  'log:read-platform',
  'log:manage',
  'service:read-platform',
  'vault:manage',
  'member:manage',
  'service-account:manage',
  'sign-in-rule:manage',
  'alert-rule:read',
  'alert-rule:write',
  'alert-rule:manage-platform',
  'workspace:manage',
  'user:manage',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const VIEWER: readonly Permission[] = [
  'identity:read',
  'account:manage',
  'endpoint:read',
  'file-root:read',
  'migration:read',
  'notification:read',
  'alert-rule:read',
];
const OPERATOR: readonly Permission[] = [...VIEWER, 'endpoint:write', 'migration:write', 'notification:operate'];
const OWNER: readonly Permission[] = [
  ...OPERATOR,
  'migration:delete',
  'workspace:write',
  'notification:configure',
  'api-key:manage',
  'member:manage',
  'service-account:manage',
  'sign-in-rule:manage',
  'audit:read',
  'alert-rule:write',
];

export const ROLE_PERMISSIONS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(VIEWER),
  operator: new Set(OPERATOR),
  owner: new Set(OWNER),
  admin: new Set(PERMISSIONS),
};

/** Roles from the least to the most powerful: an API key never has more than the one who made it. */
export const ROLES_BY_POWER: readonly Role[] = ['viewer', 'operator', 'owner', 'admin'];

export function isAllowed(role: Role, permission: Permission): boolean {
  return ROLE_PERMISSIONS[role].has(permission);
}

/** Whether the one role is above the other. */
export function isStronger(one: Role, other: Role): boolean {
  return ROLES_BY_POWER.indexOf(one) > ROLES_BY_POWER.indexOf(other);
}

/** The roles that hold a permission, for the hint of a refusal. */
export function rolesWith(permission: Permission): Role[] {
  return ROLES_BY_POWER.filter((role) => isAllowed(role, permission));
}
