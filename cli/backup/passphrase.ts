import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../context';
import { readText } from '../files/read-text';

const FEWEST_CHARACTERS = 12;

/** From a file, or asked for; never an argument, which every user of the machine can see. Raises CLI_PASSPHRASE_NEEDED and CLI_PASSPHRASE_WEAK. */
export async function readPassphrase(context: CliContext, file: string | undefined, { twice }: { twice: boolean }): Promise<string> {
  const passphrase =
    file === undefined
      ? await ask(context, twice)
      : readText(resolve(context.cwd, file), 'Check the path and its owner.').replace(/\r?\n$/, '');
  if (twice && passphrase.length < FEWEST_CHARACTERS) {
    throw new SmartantError('CLI_PASSPHRASE_WEAK', `The passphrase has fewer than ${FEWEST_CHARACTERS} characters.`, {
      kind: 'invalid',
      hint: 'A backup holds everything that the platform knows: take five or more random words.',
    });
  }
  return passphrase;
}

async function ask({ terminal, messages, signal }: CliContext, twice: boolean): Promise<string> {
  if (!terminal.canAsk) {
    throw new SmartantError('CLI_PASSPHRASE_NEEDED', 'A backup is encrypted with a passphrase, and nobody can be asked for it here.', {
      kind: 'invalid',
      hint: 'Name a file that holds it with --passphrase-file.',
    });
  }
  const passphrase = await terminal.askHidden(messages.backup.passphrase, signal);
  if (twice && (await terminal.askHidden(messages.backup.passphraseAgain, signal)) !== passphrase) {
    throw new SmartantError('CLI_PASSPHRASE_DIFFERENT', 'The two passphrases differ.', {
      kind: 'invalid',
      hint: 'Nothing was written. Try again.',
    });
  }
  return passphrase;
}
