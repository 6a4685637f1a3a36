import { defineRoute } from '../route-definition';
import { pageQuery } from '../schemas/named-schema';
import { member, memberInput, memberList, memberPatch, user, userPage, userPatch } from '../schemas/tenancy-schemas';
import { z } from 'zod';

const MEMBERS = '/v1/workspaces/{ws}/members';
const MEMBER = '/v1/workspaces/{ws}/members/{userId}';

export const listMembers = defineRoute({
  operationId: 'listMembers',
  method: 'GET',
  path: MEMBERS,
  tag: 'Workspaces',
  summary: 'List the members of a workspace',
  permission: 'member:manage',
  admission: 'list',
  status: 200,
  answer: memberList,
});

export const addMember = defineRoute({
  operationId: 'addMember',
  method: 'POST',
  path: MEMBERS,
  tag: 'Workspaces',
  summary: 'Add a user to a workspace',
  description: 'For somebody who has an account; others are invited.',
  permission: 'member:manage',
  admission: 'transition',
  body: memberInput,
  status: 201,
  answer: member,
});

export const updateMember = defineRoute({
  operationId: 'updateMember',
  method: 'PATCH',
  path: MEMBER,
  tag: 'Workspaces',
  summary: "Change a member's role",
  description: 'A lower role holds within seconds, also for tokens that are out. A workspace always keeps an owner.',
  permission: 'member:manage',
  admission: 'transition',
  body: memberPatch,
  status: 200,
  answer: member,
});

export const removeMember = defineRoute({
  operationId: 'removeMember',
  method: 'DELETE',
  path: MEMBER,
  tag: 'Workspaces',
  summary: 'Remove a member',
  description: 'With the API keys that the member has in this workspace. What the member made stays.',
  permission: 'member:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const listUsers = defineRoute({
  operationId: 'listUsers',
  method: 'GET',
  path: '/v1/admin/users',
  tag: 'Platform',
  summary: 'List the users of the platform',
  description: 'Administrators only.',
  permission: 'user:manage',
  admission: 'list',
  query: z.object(pageQuery),
  status: 200,
  answer: userPage,
});

export const updateUser = defineRoute({
  operationId: 'updateUser',
  method: 'PATCH',
  path: '/v1/admin/users/{user}',
  tag: 'Platform',
  summary: 'Disable or enable a user',
  description: 'Tokens and API keys of a disabled user stop working within seconds. Administrators only.',
  permission: 'user:manage',
  admission: 'transition',
  body: userPatch,
  status: 200,
  answer: user,
});

export const memberRoutes = [listMembers, addMember, updateMember, removeMember, listUsers, updateUser];
