import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../context';

/** A text that somebody has edited; `forget` removes its file, which is kept so long so that no work is lost. */
export interface EditedText {
  text: string;
  path: string;
  forget(): void;
}

/** Opens the text in $VISUAL, $EDITOR or vi, and waits until that ends. Raises CLI_EDITOR_FAILED. */
export async function editText({ env }: CliContext, text: string, name: string): Promise<EditedText> {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'smartant-'));
  const path = join(folder, name);
  const forget = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(path, text, { mode: 0o600 });
  // By a shell, as git and kubectl do: an editor may have arguments.
  const child = spawn(`${editor} "$SMARTANT_EDITED_FILE"`, { shell: true, stdio: 'inherit', env: { ...env, SMARTANT_EDITED_FILE: path } });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  if (code === 0) return { text: readFileSync(path, 'utf8'), path, forget };
  forget();
  throw new SmartantError('CLI_EDITOR_FAILED', `The editor "${editor}" did not end well.`, {
    kind: 'invalid',
    hint: 'Set EDITOR, or change a file and give it to "smartant route apply". Nothing was changed.',
  });
}
