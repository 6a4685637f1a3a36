import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CliContext } from '../context';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import { renderDetails } from '../output/table';

interface StdinOption {
  stdin?: boolean;
}

/** account second-factor show, enrol, confirm, remove. */
export function addSecondFactorCommands(account: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const factor = account.command('second-factor').description(help.secondFactor);
  factor.command('show').description(help.secondFactorShow).action(runner.action(show));
  factor.command('enrol').description(help.secondFactorEnrol).option('--stdin', help.secondFactorStdin).action(runner.action(enrol));
  factor.command('confirm').description(help.secondFactorConfirm).option('--stdin', help.secondFactorStdin).action(runner.action(confirm));
  factor.command('remove').description(help.secondFactorRemove).option('--stdin', help.secondFactorStdin).action(runner.action(remove));
}

async function show({ account, printer, messages }: Invocation): Promise<void> {
  const status = await account.secondFactor();
  const { labels } = messages;
  printer.one(status, () =>
    renderDetails([
      [labels.enrolled, status.confirmedAt === null ? labels.no : localTime(status.confirmedAt)],
      [labels.recoveryCodesLeft, String(status.recoveryCodesLeft)],
      [labels.compulsory, status.required ? labels.yes : labels.no],
    ]),
  );
}

/** Asks for the first code at once where there is somebody to ask. */
async function enrol(invocation: Invocation, options: StdinOption): Promise<void> {
  const { account, context, printer, messages } = invocation;
  const [password = ''] = await secrets(context, options, [context.messages.askCurrentPassword]);
  const enrolment = await account.enrolSecondFactor(password);
  printer.one(enrolment, () => messages.secondFactorEnrolment(enrolment.uri, enrolment.secret));
  if (options.stdin) return context.terminal.note(messages.secondFactorUnconfirmed);
  await confirm(invocation, options);
}

async function confirm({ account, context, printer, messages }: Invocation, options: StdinOption): Promise<void> {
  const [code = ''] = await secrets(context, options, [messages.askCode]);
  const recoveryCodes = await account.confirmSecondFactor(code.trim());
  printer.one({ recoveryCodes }, () => [messages.secondFactorEnrolled, ...recoveryCodes]);
}

async function remove({ account, context, printer, messages }: Invocation, options: StdinOption): Promise<void> {
  const [password = '', code = ''] = await secrets(context, options, [messages.askCurrentPassword, messages.askCode]);
  await account.removeSecondFactor(password, code.trim());
  printer.done({ removed: true }, messages.secondFactorRemoved);
}

/** The answers to the questions, asked for one by one, or read from stdin a line each. Raises CLI_USAGE. */
async function secrets({ terminal, signal }: CliContext, options: StdinOption, questions: string[]): Promise<string[]> {
  if (options.stdin) return (await terminal.readAll()).split(/\r?\n/);
  if (!terminal.canAsk) {
    throw new SmartantError('CLI_USAGE', 'There is no terminal to ask for a password or a code.', {
      kind: 'invalid',
      hint: 'Pipe it in: --stdin.',
    });
  }
  const answers: string[] = [];
  for (const question of questions) answers.push(await terminal.askHidden(question, signal));
  return answers;
}
