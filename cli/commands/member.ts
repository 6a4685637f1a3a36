import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Api } from '../api/api';
import type { Member } from '../api/tenancy-api';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import { readRole } from './role-option';

/** member list, add, role, rm. */
export function addMemberCommands(program: Command, runner: Runner): void {
  const { help, tenancy } = runner.context.messages;
  const member = program.command('member').description(tenancy.help.members);
  member.command('list').alias('ls').description(tenancy.help.memberList).action(runner.action(listMembers));
  member
    .command('add <user>')
    .description(tenancy.help.memberAdd)
    .option('--role <role>', tenancy.help.role, 'operator')
    .action(runner.action(addMember));
  member.command('role <user> <role>').description(tenancy.help.memberRole).action(runner.action(setRole));
  member
    .command('rm <user>')
    .description(tenancy.help.memberRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(removeMember));
}

async function listMembers({ api, printer, messages }: Invocation): Promise<void> {
  const { columns, tenancy } = messages;
  printer.list(
    await api.tenancy.members(),
    [
      { heading: columns.name, value: ({ username }) => username },
      { heading: tenancy.columns.role, value: ({ role }) => role },
      { heading: columns.state, value: ({ disabled }) => (disabled ? tenancy.disabled : tenancy.enabled) },
      { heading: tenancy.columns.joined, value: ({ joinedAt }) => localTime(joinedAt), wide: true },
      { heading: columns.id, value: ({ userId }) => userId, wide: true },
    ],
    tenancy.noMembers,
  );
}

async function addMember({ api, printer, messages }: Invocation, user: string, options: { role: string }): Promise<void> {
  const added = await api.tenancy.addMember(user, readRole(options.role));
  printer.done(added, messages.tenancy.memberIs(added.username, added.role));
}

async function setRole({ api, printer, messages }: Invocation, user: string, role: string): Promise<void> {
  const wanted = readRole(role);
  const changed = await api.tenancy.setMemberRole((await findMember(api, user)).userId, wanted);
  printer.done(changed, messages.tenancy.memberIs(changed.username, changed.role));
}

async function removeMember(invocation: Invocation, user: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  const { userId, username } = await findMember(api, user);
  if (!(await invocation.confirm(messages.tenancy.asksRemoveMember(username), options))) return;
  await api.tenancy.removeMember(userId);
  printer.done({ removed: userId }, messages.tenancy.memberRemoved(username));
}

/** By name or id. Raises CLI_MEMBER_NOT_FOUND. */
async function findMember(api: Api, user: string): Promise<Member> {
  const members = await api.tenancy.members();
  const found = members.find(({ userId }) => userId === user) ?? members.find(({ username }) => sameName(username, user));
  if (found) return found;
  throw new SmartantError('CLI_MEMBER_NOT_FOUND', `There is no member "${user}".`, {
    kind: 'not-found',
    hint: 'See "smartant member list".',
  });
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
