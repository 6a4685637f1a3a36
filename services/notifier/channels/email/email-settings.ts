import type { EgressGuard } from '@smartant/platform/egress';
import { z } from 'zod';
import { addressProblem, authorities, secret } from '../settings/fields';

const mailbox = () => z.email('A mail address is expected.').max(254);

export function emailSettings(guard: EgressGuard) {
  return z.strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'A host name or an address is expected.')
      .describe('The mail server that messages are handed to.'),
    port: z.int().min(1).max(65_535).default(587).describe('587 with STARTTLS, 465 with TLS.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'How the connection is secured. With STARTTLS nothing is sent before it is. None is for a relay without sign-in, in a network of your own.',
      ),
    from: mailbox().describe('The sender’s address.'),
    fromName: z.string().max(100).default('SmartAnt').describe('The sender’s name.'),
    to: z.array(mailbox()).min(1).max(50).describe('The recipients’ addresses.'),
    auth: z.enum(['none', 'password', 'oauth2']).default('password').describe('How the channel signs in to the server.'),
    user: z.string().max(254).default('').describe('The user that signs in; often the sender’s address.'),
    tokenUrl: z
      .string()
      .max(500)
      .superRefine((text, context) => {
        const message = text === '' ? undefined : addressProblem(text, guard);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .default('')
      .describe('OAuth2: where access tokens are asked for, for example https://oauth2.googleapis.com/token.'),
    clientId: z.string().max(300).default('').describe('OAuth2: the application’s id.'),
    scope: z
      .string()
      .max(500)
      .default('')
      .describe('OAuth2: the scope that is asked for, for example https://outlook.office365.com/.default. Empty: none is named.'),
    caPem: authorities(),
  });
}

export type EmailSettings = z.output<ReturnType<typeof emailSettings>>;

export const emailSecrets = z.strictObject({
  password: secret('The password of the user, or an app password.').optional(),
  clientSecret: secret('OAuth2: the application’s secret.').optional(),
  refreshToken: secret(
    'OAuth2: the refresh token of the user; without one the application signs in by itself (client credentials).',
    4_000,
  ).optional(),
});

export type EmailSecrets = z.output<typeof emailSecrets>;

export function emailProblems(settings: EmailSettings, secrets: EmailSecrets): { field: string; message: string }[] {
  const { auth, security } = settings;
  const problems = [
    auth !== 'none' && settings.user === '' && { field: 'settings.user', message: 'A user is expected.' },
    auth === 'password' && secrets.password === undefined && { field: 'secrets.password', message: 'A password is expected.' },
    auth === 'oauth2' && settings.tokenUrl === '' && { field: 'settings.tokenUrl', message: 'An address is expected.' },
    auth === 'oauth2' && settings.clientId === '' && { field: 'settings.clientId', message: 'An id is expected.' },
    auth === 'oauth2' &&
      secrets.clientSecret === undefined &&
      secrets.refreshToken === undefined && { field: 'secrets.clientSecret', message: 'A secret or a refresh token is expected.' },
    auth !== 'none' && security === 'none' && { field: 'settings.security', message: 'A sign-in without TLS would give the secret away.' },
  ];
  return problems.filter((problem) => problem !== false);
}
