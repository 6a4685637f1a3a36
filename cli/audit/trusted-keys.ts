import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { readText } from '../files/read-text';
import type { Invocation } from '../invocation';

/** The keys on the command line, else the one that was pinned at sign-in. Nothing that comes with an export is trusted. */
export function readTrustedKeys({ context, sessionIfAny }: Invocation, files: readonly string[]): string[] {
  if (files.length > 0) return files.map((file) => readText(resolve(context.cwd, file), 'Check the path.'));
  const pinned = sessionIfAny?.pinnedReportKeyPem;
  if (pinned) return [pinned];
  throw new SmartantError('CLI_USAGE', 'An audit trail is checked against a key that you trust, and none was given.', {
    kind: 'invalid',
    hint: 'Add --key FILE: the public key that was shown at installation ("smartant keys list -o json" prints it).',
  });
}
