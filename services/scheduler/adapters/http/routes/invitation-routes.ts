import { defineRoute } from '../route-definition';
import { tokenAnswer } from '../schemas/identity-schemas';
import { acceptedInvitation, acceptInput, createdInvitation, invitationInput, invitationList, joinInput } from '../schemas/tenancy-schemas';

const INVITATIONS = '/v1/workspaces/{ws}/invitations';

export const createInvitation = defineRoute({
  operationId: 'createInvitation',
  method: 'POST',
  path: INVITATIONS,
  tag: 'Workspaces',
  summary: 'Invite somebody into a workspace',
  description: 'The token is shown in this answer alone. Hand it over yourself: it lets its holder in, once.',
  permission: 'member:manage',
  admission: 'transition',
  body: invitationInput,
  status: 201,
  answer: createdInvitation,
});

export const listInvitations = defineRoute({
  operationId: 'listInvitations',
  method: 'GET',
  path: INVITATIONS,
  tag: 'Workspaces',
  summary: 'List open invitations',
  permission: 'member:manage',
  admission: 'list',
  status: 200,
  answer: invitationList,
});

export const revokeInvitation = defineRoute({
  operationId: 'revokeInvitation',
  method: 'DELETE',
  path: '/v1/workspaces/{ws}/invitations/{id}',
  tag: 'Workspaces',
  summary: 'Revoke an invitation',
  permission: 'member:manage',
  admission: 'transition',
  status: 204,
  answer: 'nothing',
});

export const acceptInvitation = defineRoute({
  operationId: 'acceptInvitation',
  method: 'POST',
  path: '/v1/invitations/accept',
  tag: 'Sign-in',
  summary: 'Accept an invitation with a new account',
  description:
    'Signs the new user in, as POST /v1/auth/token does. Where a second factor is compulsory, the account is made and the answer is SECOND_FACTOR_ENROLMENT_REQUIRED.',
  permission: 'public',
  admission: 'sign-in',
  body: acceptInput,
  status: 201,
  answer: tokenAnswer,
});

export const joinWorkspace = defineRoute({
  operationId: 'joinWorkspace',
  method: 'POST',
  path: '/v1/invitations/join',
  tag: 'Sign-in',
  summary: 'Accept an invitation with the account you are signed in with',
  permission: 'identity:read',
  admission: 'transition',
  body: joinInput,
  status: 201,
  answer: acceptedInvitation,
});

export const invitationRoutes = [createInvitation, listInvitations, revokeInvitation, acceptInvitation, joinWorkspace];
