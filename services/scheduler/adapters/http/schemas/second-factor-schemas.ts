import { z } from 'zod';
import { tokenAnswer, wantedWorkspace } from './identity-schemas';
import { count, request, response, timestamp } from './named-schema';

const password = () => z.string().min(1).max(1_024);
const code = () => z.string().min(1).max(40).describe('Six digits of the app; where one is removed, also a recovery code.');

export const secondFactorStatus = response(
  'SecondFactorStatus',
  z.object({
    enrolled: z.boolean(),
    confirmedAt: timestamp().nullable(),
    recoveryCodesLeft: count(),
    required: z.boolean().describe('Compulsory in your workspace, by its owners or by whoever runs the platform.'),
  }),
);

export const secondFactorInput = request('EnrolSecondFactorRequest', z.strictObject({ password: password() }));

export const secondFactorEnrolment = response(
  'SecondFactorEnrolment',
  z.object({
    uri: z.string().describe('For the authenticator app, as a link or a QR code. It holds the secret.'),
    secret: z.string().describe('The same, to type in. Shown in this answer alone.'),
  }),
);

export const secondFactorConfirmation = request('ConfirmSecondFactorRequest', z.strictObject({ code: code() }));

export const recoveryCodes = response(
  'RecoveryCodes',
  z.object({ recoveryCodes: z.array(z.string()).describe('Each replaces one code of the app, once. Shown in this answer alone.') }),
);

export const secondFactorRemoval = request('RemoveSecondFactorRequest', z.strictObject({ password: password(), code: code() }));

const username = () => z.string().min(1).max(200);

export const enrolmentAtSignIn = request('EnrolAtSignInRequest', z.strictObject({ username: username(), password: password() }));

export const enrolmentConfirmation = request(
  'ConfirmEnrolmentRequest',
  z.strictObject({ username: username(), password: password(), code: code(), workspace: wantedWorkspace() }),
);

export const enrolledToken = response('EnrolledToken', tokenAnswer.extend({ recoveryCodes: recoveryCodes.shape.recoveryCodes }));
