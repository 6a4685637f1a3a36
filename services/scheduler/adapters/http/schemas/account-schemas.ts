import { z } from 'zod';
import { request, response, timestamp } from './named-schema';

const password = () => z.string().min(1).max(1_024);

export const refreshInput = request('RefreshRequest', z.strictObject({ refreshToken: z.string().min(1).max(200) }));

export const passwordChangeInput = request(
  'ChangePasswordRequest',
  z.strictObject({
    currentPassword: password(),
    newPassword: password().describe('Judged by how many guesses it would take, not by the kinds of its characters.'),
  }),
);

const session = response(
  'Session',
  z.object({
    id: z.string(),
    current: z.boolean().describe('The session of this request.'),
    method: z.string().describe('How its user signed in; for a provider `oidc:` and its name.'),
    secondFactor: z.boolean().describe('Its user has shown a second factor in it, here or to the provider.'),
    address: z.string().describe('Of the last use.'),
    userAgent: z.string().nullable(),
    createdAt: timestamp(),
    lastUsedAt: timestamp(),
    idleUntil: timestamp().describe('It ends then unless it is used before.'),
    endsAt: timestamp().describe('It ends then in any case.'),
  }),
);

export const sessionList = response('SessionList', z.object({ items: z.array(session) }));
