import type { Schema } from '@smartant/contracts/openapi';
import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import type { Messages } from '../messages/messages';
import { renderTable } from '../output/table';

type Status = Schema<'VaultStatus'>;
type Rotation = Schema<'VaultRotation'>;

/** admin vault status, rotate. */
export function addVaultCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const vault = admin.command('vault').description(help.adminVault);
  vault.command('status').description(help.adminVaultStatus).action(runner.action(showStatus));
  vault.command('rotate').description(help.adminVaultRotate).option('--data-keys', help.vaultDataKeys).action(runner.action(rotate));
}

async function showStatus({ api, printer, messages }: Invocation): Promise<void> {
  const status = await api.platform.vaultStatus();
  printer.one(status, () => [
    status.currentKeyId === null ? messages.vault.silent(status.problem?.message ?? '') : messages.vault.current(status.currentKeyId),
    '',
    ...keyLines(status, messages),
    '',
    ...areaLines(status, messages),
    ...(status.rotation ? ['', ...rotationLines(status.rotation, messages)] : []),
  ]);
}

async function rotate({ api, printer, messages }: Invocation, options: { dataKeys?: boolean }): Promise<void> {
  printer.done(await api.platform.rotateVault(options.dataKeys === true), messages.vault.started);
}

function keyLines({ keys }: Status, { columns, vault }: Messages): string[] {
  return renderTable(
    [
      { heading: columns.vaultKey, value: ({ keyId }) => keyId },
      { heading: columns.secrets, value: ({ values }) => String(values), align: 'right' },
      { heading: columns.state, value: (key) => vault.states[stateOf(key)] },
    ],
    keys,
  );
}

function stateOf({ isCurrent, isRemovable, isHeld }: Status['keys'][number]): keyof Messages['vault']['states'] {
  if (!isHeld) return 'missing';
  if (isCurrent) return 'current';
  return isRemovable ? 'removable' : 'needed';
}

/** Areas are named by the server; one of a newer server keeps its own name. */
function areaLines({ areas }: Status, { columns, vault }: Messages): string[] {
  return renderTable(
    [
      { heading: columns.area, value: ({ name }) => vault.areas[name] ?? name },
      { heading: columns.secrets, value: ({ values }) => String(values), align: 'right' },
      { heading: columns.underCurrentKey, value: ({ underCurrentKey }) => String(underCurrentKey), align: 'right' },
    ],
    areas,
  );
}

function rotationLines({ kind, state, done, total, failed, lastError }: Rotation, { vault }: Messages): string[] {
  const line = vault.rotation(vault.kinds[kind], vault.rotationStates[state], String(done), String(total));
  if (failed > 0) return [line, vault.failed(String(failed), lastError?.message ?? '')];
  return state === 'running' && lastError ? [line, vault.stopped(lastError.message)] : [line];
}
