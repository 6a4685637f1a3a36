import { z } from 'zod';
import { plainText, request, response, timestamp } from './named-schema';

export const role = response('Role', z.enum(['viewer', 'operator', 'owner', 'admin']));

export const wantedWorkspace = () =>
  plainText(200)
    .optional()
    .describe('Id or name of the workspace that the token is for. The first one you joined when absent; that of an API key is fixed.');

export const passwordSignIn = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(1_024),
  code: z.string().min(1).max(40).optional().describe('Of the second factor, when the answer was SECOND_FACTOR_REQUIRED.'),
  workspace: wantedWorkspace(),
});

export const tokenInput = request(
  'TokenRequest',
  z.union([passwordSignIn, z.strictObject({ apiKey: z.string().min(1).max(200), workspace: wantedWorkspace() })]),
);

export const tokenFields = {
  accessToken: z.string().describe('Send it as "Authorization: Bearer …".'),
  tokenType: z.literal('Bearer'),
  expiresInSeconds: z.number(),
  workspaceId: z.string(),
  workspace: z.string().describe("The workspace's name."),
  role,
};

export const tokenAnswer = response(
  'Token',
  z.object({
    ...tokenFields,
    sessionId: z.string().nullable().describe('Null for an API key: it opens no session.'),
    refreshToken: z
      .string()
      .nullable()
      .describe(
        'For POST /v1/auth/refresh, once. Shown in this answer alone. Null for an API key, and for a session that keeps the one it has.',
      ),
    sessionIdleUntil: timestamp().nullable().describe('The session ends then unless it is used before.'),
  }),
);

export const identity = response(
  'Identity',
  z.object({
    userId: z.string(),
    username: z.string(),
    workspaceId: z.string(),
    workspace: z.string(),
    role,
    permissions: z
      .array(z.string())
      .describe(
        'What the role may do here, as `x-smartant-permission` of each operation names it: for showing only what will not be refused.',
      ),
  }),
);

export const jsonWebKeySet = response(
  'JsonWebKeySet',
  z.object({
    keys: z.array(
      z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') }),
    ),
  }),
);

export const apiKeyInput = request(
  'CreateApiKeyRequest',
  z.strictObject({
    name: plainText(100),
    role: z.enum(['viewer', 'operator', 'owner', 'admin']).optional().describe('Your own role when absent. Never more than your own.'),
    expiresInDays: z.int().min(1).max(3_650).optional().describe('The key never expires when absent.'),
  }),
);

const apiKeyFields = {
  id: z.string(),
  name: z.string(),
  role,
  prefix: z.string().describe('The first characters of the key, to tell keys apart.'),
  createdBy: z.string(),
  createdAt: timestamp(),
  expiresAt: timestamp().nullable(),
  lastUsedAt: timestamp().nullable(),
};

const apiKey = response('ApiKey', z.object(apiKeyFields));
export const apiKeyList = response('ApiKeyList', z.object({ items: z.array(apiKey) }));
export const createdApiKey = response(
  'CreatedApiKey',
  z.object({ ...apiKeyFields, apiKey: z.string().describe('The key itself. It is shown this once and is not kept.') }),
);
