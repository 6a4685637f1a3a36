import { SmartantError } from '@smartant/kernel';

const PUT_SECRETS = 'Put them into AWS_… or SMARTANT_SOURCE_… and SMARTANT_TARGET_… variables, or into an AWS profile named by ?profile=.';

/** For secrets on the command line: other users see them in the process list, and the shell keeps them. */
export function secretInArguments(where: string, hint = PUT_SECRETS): SmartantError {
  return new SmartantError('CLI_SECRET_IN_ARGS', `Credentials do not belong into ${where}: process lists and shell histories show them.`, {
    kind: 'invalid',
    hint,
  });
}
