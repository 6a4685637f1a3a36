import type { HostInventory } from '../../../domain/inventory';
import { linesOf } from './sections';

export function parseOs(text: string): HostInventory['os'] {
  const values: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match) values[match[1]!] ??= (match[2] ?? match[3] ?? match[4] ?? '').replace(/\\(.)/g, '$1');
  }
  return {
    id: values['ID'] ?? 'linux',
    idLike: (values['ID_LIKE'] ?? '').split(' ').filter((name) => name !== ''),
    versionId: values['VERSION_ID'] ?? /release ([\d.]+)/.exec(values['PRETTY_NAME'] ?? '')?.[1] ?? '',
    prettyName: values['PRETTY_NAME'] ?? values['NAME'] ?? '',
  };
}

export function parseBoot(firmware: string, loader: string): HostInventory['boot'] {
  const [mode = 'bios', ...values] = linesOf(firmware).map((line) => line.trim());
  // Four bytes of attributes, then the value.
  const secureBoot = values.some((value) => value.split(/\s+/).at(-1) === '1');
  const hasSystemdBoot = /loader\.conf|EFI\/systemd/.test(loader);
  const hasGrub = /\/boot\/grub/.test(loader);
  return { mode: mode === 'uefi' ? 'uefi' : 'bios', secureBoot, loader: hasGrub ? 'grub' : hasSystemdBoot ? 'systemd-boot' : 'unknown' };
}

/** `systemctl list-units` and `list-unit-files`, in all their forms; else `service --status-all` and `chkconfig --list`. */
export function parseServices(units: string, unitFiles: string): HostInventory['services'] {
  const enabled = new Map<string, boolean>();
  for (const line of linesOf(unitFiles)) {
    const [name = '', state = ''] = line.trim().split(/\s+/);
    if (name.endsWith('.service')) enabled.set(name.slice(0, -8), state.startsWith('enabled'));
    else if (/\s3:/.test(line)) enabled.set(name, /\s3:on/.test(line));
  }
  const services = new Map<string, HostInventory['services'][number]>();
  for (const line of linesOf(units)) {
    // A bullet stands before what failed.
    const match = /^[^\w@/\\.-]*(\S+)\.service\s+\S+\s+(\S+)\s+(\S+)/.exec(line);
    const old = /^\s*\[ ([+-]) \]\s+(\S+)/.exec(line);
    const running = match ? match[3] === 'running' : old?.[1] === '+';
    const name = match?.[1] ?? old?.[2];
    if (name)
      services.set(name, {
        name,
        state: match ? (running ? 'running' : match[2]!) : running ? 'running' : 'inactive',
        enabled: enabled.get(name) ?? false,
      });
  }
  for (const [name, isEnabled] of enabled)
    if (isEnabled && !services.has(name)) services.set(name, { name, state: 'inactive', enabled: true });
  return [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function parsePackages(text: string): HostInventory['packages'] {
  const [manager = '', count = '0'] = linesOf(text).map((line) => line.trim());
  const known = (['dpkg', 'rpm', 'apk', 'pacman'] as const).find((name) => name === manager);
  return { manager: known ?? 'unknown', count: Number(count) || 0 };
}

export function parseSelinux(text: string): HostInventory['selinux'] {
  const said = text
    .trim()
    .toLowerCase()
    .replace(/^selinux=/, '');
  if (said === '1' || said.startsWith('enforcing')) return 'enforcing';
  if (said === '0' || said.startsWith('permissive')) return 'permissive';
  return said.startsWith('disabled') ? 'disabled' : 'absent';
}

/** The first line of what a program says of its version; "" of those that were not asked. */
export function parseTools(text: string): Record<string, string> {
  return Object.fromEntries(linesOf(text).map((line) => [line.split(' ')[0] ?? '', line.replace(/^\S+ ?/, '').trim()]));
}
