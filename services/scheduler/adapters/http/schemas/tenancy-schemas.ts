import { z } from 'zod';
import { role } from './identity-schemas';
import { count, page, plainText, request, resourceName, response, timestamp } from './named-schema';

const memberRole = () => z.enum(['viewer', 'operator', 'owner']);
const named = (fields: object): boolean => Object.keys(fields).length > 0;

/** An id could be taken for a name otherwise, and a workspace be spoken to under the id of another. */
const workspaceName = () => resourceName().refine((name) => !/^ws_/i.test(name), 'must not begin with "ws_"');

export const workspaceInput = request('CreateWorkspaceRequest', z.strictObject({ name: workspaceName() }));
export const workspacePatch = request(
  'UpdateWorkspaceRequest',
  z
    .strictObject({
      name: workspaceName().optional(),
      disabled: z.boolean().optional().describe('Nobody can act in a disabled workspace. Migrations that run go on.'),
    })
    .refine(named, 'must name what to change'),
);
export const workspace = response(
  'Workspace',
  z.object({
    id: z.string(),
    name: z.string(),
    role: role.describe('Yours in it.'),
    disabled: z.boolean(),
    secondFactorRequired: z.boolean().describe('By its owners: nobody acts in it by a session without a second factor.'),
    createdAt: timestamp(),
  }),
);
export const workspaceList = response('WorkspaceList', z.object({ items: z.array(workspace) }));
export const switchInput = request('SwitchWorkspaceRequest', z.strictObject({ workspace: plainText(200).describe('Id or name.') }));

export const signInRulesPatch = request(
  'UpdateSignInRulesRequest',
  z.strictObject({ secondFactorRequired: z.boolean().describe('Nobody acts in the workspace by a session without a second factor.') }),
);
export const signInRules = response(
  'SignInRules',
  z.object({
    secondFactorRequired: z.boolean().describe('By the owners of the workspace.'),
    secondFactorRequiredByPlatform: z.boolean().describe('By whoever runs the platform, in every workspace.'),
  }),
);

export const memberInput = request('AddMemberRequest', z.strictObject({ username: plainText(200), role: memberRole() }));
export const memberPatch = request('UpdateMemberRequest', z.strictObject({ role: memberRole() }));
export const member = response(
  'Member',
  z.object({
    userId: z.string(),
    username: z.string(),
    role,
    disabled: z.boolean().describe('By an administrator of the platform.'),
    joinedAt: timestamp(),
  }),
);
export const memberList = response('MemberList', z.object({ items: z.array(member) }));

export const userPatch = request('UpdateUserRequest', z.strictObject({ disabled: z.boolean() }));
export const user = response(
  'User',
  z.object({
    id: z.string(),
    username: z.string(),
    platformAdmin: z.boolean(),
    disabled: z.boolean(),
    createdAt: timestamp(),
    workspaces: z.array(z.object({ id: z.string(), name: z.string(), role })),
  }),
);
export const userPage = page('UserPage', user);

export const invitationInput = request(
  'CreateInvitationRequest',
  z.strictObject({
    invitee: plainText(200).describe('Whom it is meant for: an address or a name. Nothing is sent.'),
    role: memberRole(),
    expiresInHours: z.int().min(1).max(720).default(72),
  }),
);
const invitationFields = {
  id: z.string(),
  invitee: z.string(),
  role,
  invitedBy: z.string(),
  createdAt: timestamp(),
  expiresAt: timestamp(),
};
const invitation = response('Invitation', z.object(invitationFields));
export const invitationList = response('InvitationList', z.object({ items: z.array(invitation) }));
export const createdInvitation = response(
  'CreatedInvitation',
  z.object({ ...invitationFields, token: z.string().describe('Lets its holder in, once. It is shown this once and is not kept.') }),
);

const invitationToken = () => plainText(200).describe('As it was handed out: `sin_…`.');
export const acceptInput = request(
  'AcceptInvitationRequest',
  z.strictObject({ token: invitationToken(), username: resourceName(), password: z.string().min(1).max(1_024) }),
);
export const joinInput = request('JoinWorkspaceRequest', z.strictObject({ token: invitationToken() }));
export const acceptedInvitation = response(
  'AcceptedInvitation',
  z.object({ userId: z.string(), workspaceId: z.string(), workspace: z.string(), role }),
);

export const serviceAccountInput = request('CreateServiceAccountRequest', z.strictObject({ name: resourceName(), role: memberRole() }));
export const serviceAccountPatch = request(
  'UpdateServiceAccountRequest',
  z.strictObject({ role: memberRole().optional(), disabled: z.boolean().optional() }).refine(named, 'must name what to change'),
);
export const serviceAccount = response(
  'ServiceAccount',
  z.object({
    id: z.string().describe('A user id; its API keys name it as `createdBy`.'),
    name: z.string(),
    role,
    disabled: z.boolean(),
    createdBy: z.string(),
    createdAt: timestamp(),
  }),
);
export const serviceAccountList = response('ServiceAccountList', z.object({ items: z.array(serviceAccount) }));
export const serviceAccountKeyInput = request(
  'CreateServiceAccountKeyRequest',
  z.strictObject({
    name: plainText(100),
    role: memberRole().optional().describe("The service account's own role when absent. Never more than that."),
    expiresInDays: z.int().min(1).max(3_650).optional().describe('The key never expires when absent.'),
  }),
);

const ceiling = (max = Number.MAX_SAFE_INTEGER) => z.int().min(0).max(max).optional();
export const quotasPatch = request(
  'UpdateQuotasRequest',
  z
    .strictObject({
      migrations: ceiling().describe('Migrations that are not at rest. 0: no quota.'),
      endpoints: ceiling().describe('Saved endpoints. 0: no quota.'),
      bytesPerSecond: ceiling().describe("The highest that the workspace's own limit can be set to. 0: no quota."),
      requestsPerSecond: ceiling(1_000_000).describe("The highest that the workspace's own limit can be set to. 0: no quota."),
      concurrency: ceiling(1_024).describe("The highest that the workspace's own limit can be set to. 0: no quota."),
    })
    .refine(named, 'must name at least one quota'),
);
export const quotaState = response(
  'Quotas',
  z.object({
    quotas: z
      .object({
        migrations: count(),
        endpoints: count(),
        bytesPerSecond: count(),
        requestsPerSecond: count(),
        concurrency: count(),
      })
      .describe('0: no quota.'),
    use: z.object({ migrations: count(), endpoints: count() }),
  }),
);
