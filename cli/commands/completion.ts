import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Runner } from '../invocation';
import { bashCompletion, fishCompletion, zshCompletion } from '../completion/scripts';
import { describeCommands } from '../completion/command-paths';

/** completion bash|zsh|fish. */
export function addCompletionCommand(program: Command, runner: Runner): void {
  program
    .command('completion <shell>')
    .description(runner.context.messages.help.completion)
    .action(
      runner.action(async ({ context }, shell: string) => {
        const paths = describeCommands(program);
        const scripts: Record<string, () => string> = {
          bash: () => bashCompletion(paths),
          zsh: () => zshCompletion(paths),
          fish: () => fishCompletion(paths),
        };
        const script = scripts[shell];
        if (!script) {
          throw new SmartantError('CLI_USAGE', `There is no completion for "${shell}".`, {
            kind: 'invalid',
            hint: 'Use bash, zsh or fish.',
          });
        }
        context.terminal.print(script().trimEnd());
      }),
    );
}
