import { z } from 'zod';
import { passwordSignIn, tokenFields } from './identity-schemas';
import { request, response, timestamp } from './named-schema';

export const browserSignInInput = request(
  'BrowserSignInRequest',
  z.union([
    passwordSignIn,
    z.strictObject({
      refreshToken: z
        .string()
        .min(1)
        .max(200)
        .describe('Of a session that was opened in another way, by an enrolment or a provider: it goes on in the cookie.'),
    }),
  ]),
);

/** Whatever a script may learn of the session: the refresh token is not among it. */
export const browserToken = response(
  'BrowserToken',
  z.object({
    ...tokenFields,
    sessionId: z.string(),
    sessionIdleUntil: timestamp().describe('The session ends then unless it is used before.'),
  }),
);
