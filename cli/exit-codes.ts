import { SmartantError } from '@smartant/kernel';

/** What `smartant` ends with; documented in its help and never changed. */
export const EXIT = {
  /** Done; where data was moved, it is verified. */
  ok: 0,
  failed: 1,
  usage: 2,
  differences: 3,
  signInNeeded: 4,
  /** The same command may succeed later. */
  retryable: 5,
  /** Cancelled, or the user stopped waiting. */
  cancelled: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: SmartantError): ExitCode {
  switch (error.kind) {
    case 'unauthenticated':
      return EXIT.signInNeeded;
    case 'invalid':
      return error.code.startsWith('PROOF_') ? EXIT.failed : EXIT.usage;
    case 'cancelled':
      return EXIT.cancelled;
    case 'unavailable':
    case 'timeout':
    case 'too-many':
      return EXIT.retryable;
    default:
      return error.retryable ? EXIT.retryable : EXIT.failed;
  }
}
