import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { renderDetails } from '../output/table';

/** workspace second-factor. */
export function addWorkspaceSecondFactorCommand(workspace: Command, runner: Runner): void {
  workspace
    .command('second-factor [rule]')
    .description(runner.context.messages.tenancy.help.workspaceSecondFactor)
    .action(runner.action(showOrSet));
}

/** Without a rule: what it is. */
async function showOrSet({ userApi, printer, messages }: Invocation, rule: string | undefined): Promise<void> {
  if (rule !== undefined && rule !== 'required' && rule !== 'optional') throw unknownRule(rule);
  const { labels } = messages;
  const { tenancy } = userApi;
  const rules =
    rule === undefined ? await tenancy.signInRules() : await tenancy.setSignInRules({ secondFactorRequired: rule === 'required' });
  const word = (holds: boolean) => (holds ? labels.yes : labels.no);
  printer.one(rules, () =>
    renderDetails([
      [messages.tenancy.labels.secondFactorRequired, word(rules.secondFactorRequired)],
      [messages.tenancy.labels.secondFactorRequiredByPlatform, word(rules.secondFactorRequiredByPlatform)],
    ]),
  );
}

function unknownRule(rule: string): SmartantError {
  return new SmartantError('CLI_USAGE', `"${rule}" is no rule.`, {
    kind: 'invalid',
    hint: 'Write required or optional.',
  });
}
