import { SmartantError } from '@smartant/kernel';
import type { Schema } from '@smartant/contracts/openapi';
import type { AccountApi } from '../api/account-api';
import type { Invocation } from '../invocation';

export interface PasswordSignIn {
  username: string;
  password: string;
  workspace?: string;
}

/** Whether the server lets the user in only with a second factor, of which there is none yet. */
export function isEnrolmentRequired(error: unknown): boolean {
  return error instanceof SmartantError && error.code === 'SECOND_FACTOR_ENROLMENT_REQUIRED';
}

/**
 * Enrols the authenticator app of somebody who can't sign in without one, asks for its first code and signs in with it. `code`: of an app
 * that was shown its secret before; then nothing is asked. Raises CLI_SECOND_FACTOR_BEGUN where nobody can be asked: the app has its secret
 * then, and the same again with a code goes on.
 */
export async function enrolAndSignIn(
  { context, printer, messages }: Invocation,
  account: AccountApi,
  { username, password, workspace }: PasswordSignIn,
  code?: string,
): Promise<Schema<'Token'>> {
  if (code === undefined) {
    const enrolment = await account.enrolAtSignIn({ username, password });
    context.terminal.note(messages.secondFactorCompulsory);
    printer.one(enrolment, () => messages.secondFactorEnrolment(enrolment.uri, enrolment.secret));
    if (!context.terminal.canAsk) throw begun();
  }
  const first = code ?? (await context.terminal.ask(messages.askCode, context.signal));
  const { recoveryCodes, ...token } = await account.confirmEnrolment({ username, password, code: first.trim(), workspace });
  printer.one({ recoveryCodes }, () => [messages.secondFactorEnrolled, ...recoveryCodes]);
  return token;
}

function begun(): SmartantError {
  return new SmartantError('CLI_SECOND_FACTOR_BEGUN', 'You are not signed in yet: the first code of the authenticator app is needed.', {
    kind: 'precondition',
    hint: 'Run "smartant login --enrol-second-factor --password-stdin" with the code in the second line.',
  });
}
