import { formatBytes } from '@smartant/kernel';
import type { Finding } from '@smartant/runs';
import type { HostScope } from '../../../domain/host-scope';
import type { Disk } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import type { ReadHost } from '../inventory/build-inventory';
import { chosenFileSystems, estimateOf } from './source-findings';

const GIB = 1024 ** 3;
/** Clocks that differ by more make times of files and logs misleading. */
const SKEW_MS = 5_000;
/** Filesystems need room of their own, and files go on growing until the cutover. */
const GROWTH = 1.1;

const finding = (
  severity: Finding['severity'],
  code: string,
  message: string,
  hint: string,
  subject: Finding['subject'] = 'target',
): Finding => ({
  severity,
  code,
  message,
  hint,
  subject,
});

/** Of a target that is a machine, and of the pair. Pure. `free`: bytes that are free in the target's directory, where it is one. */
export function targetFindings(source: ReadHost, target: ReadHost, scope: HostScope, free: number | null): Finding[] {
  return [
    ...pairFindings(source, target),
    ...(scope.targetDirectory === '' ? diskFindings(source, target, scope) : directoryFindings(source, scope, free)),
  ];
}

function pairFindings(source: ReadHost, target: ReadHost): Finding[] {
  const found: Finding[] = [];
  const macs = (host: ReadHost) => host.inventory.interfaces.map(({ mac }) => mac);
  // Clones share the machine-id, and containers the boot id; both together, with a network interface, are of one machine.
  if (source.facts.bootId !== '' && source.facts.bootId === target.facts.bootId && macs(source).some((mac) => macs(target).includes(mac))) {
    found.push(
      finding(
        'blocker',
        'HOST_SAME_MACHINE',
        'Source and target are the same machine.',
        'Correct the address of one of the endpoints.',
        'both',
      ),
    );
  }
  const [from, to] = [source.inventory.kernel.architecture, target.inventory.kernel.architecture];
  if (from !== to) {
    found.push(
      finding(
        'blocker',
        'HOST_ARCHITECTURE_DIFFERS',
        `The source is a ${from}, the target a ${to}: nothing of it would run there.`,
        'Choose a target of the same architecture.',
        'both',
      ),
    );
  }
  if (target.facts.userId !== 0) {
    found.push(
      finding(
        'blocker',
        'HOST_NOT_ROOT',
        'Commands at the target do not run as root.',
        'Sign in as root, or let the endpoint become root by sudo.',
      ),
    );
  }
  const skewMs = Math.abs(source.facts.clockMs - target.facts.clockMs);
  if (skewMs > SKEW_MS) {
    found.push(
      finding(
        'warning',
        'HOST_CLOCK_SKEW',
        `The clocks of source and target differ by ${Math.round(skewMs / 1000)} s.`,
        'Let both follow a time server.',
        'both',
      ),
    );
  }
  return found;
}

function diskFindings(source: ReadHost, target: ReadHost, scope: HostScope): Finding[] {
  const { inventory } = target;
  const found: Finding[] = [];
  const inUse = inventory.fileSystems.map(({ device, mount }) => `${device} at ${mount}`);
  if (inUse.length > 0) {
    found.push(
      scope.takeOverTarget
        ? finding(
            'warning',
            'HOST_TARGET_TAKEN_OVER',
            `The target runs a system (${inUse.join(', ')}), which ends when it is taken over; its confirmed disks are overwritten.`,
            'See that nothing on it is needed.',
          )
        : finding(
            'blocker',
            'HOST_TARGET_NOT_RESCUE',
            `The target’s disks are in use (${inUse.join(', ')}): it is no rescue system.`,
            'Start it from a rescue system, have it taken over (--take-over, takeOverTarget), or write below a directory of it (--target-directory, targetDirectory).',
          ),
    );
  }
  const disks = inventory.disks.filter(({ readOnly }) => !readOnly);
  const needed = Math.round(estimateOf(source.inventory, scope).bytes * GROWTH + GIB);
  const there = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (there < needed) {
    found.push(
      finding(
        'blocker',
        'HOST_DISKS_TOO_SMALL',
        `The target’s disks have ${formatBytes(there)}; what is migrated needs about ${formatBytes(needed)}.`,
        'Give it larger disks, or leave filesystems and folders out.',
      ),
    );
  }
  const [from, to] = [source.inventory.boot.mode, inventory.boot.mode];
  if (from !== to) {
    found.push(
      finding(
        'warning',
        'HOST_BOOT_MODE_DIFFERS',
        `The source starts by ${from.toUpperCase()}, the target by ${to.toUpperCase()}.`,
        `Give the target ${from.toUpperCase()}, or a layout with boot "${to}".`,
        'both',
      ),
    );
  }
  return [...found, ...missingMakers(source, target, scope)];
}

/** Programs that make the filesystems of the target. A rescue system of ours has all; it comes with a take-over. */
function missingMakers(source: ReadHost, { inventory: { tools } }: ReadHost, scope: HostScope): Finding[] {
  if (scope.takeOverTarget) return [];
  const types = new Set(chosenFileSystems(source.inventory, scope).map(({ type }) => (/^ext/.test(type) ? 'ext4' : type)));
  const wanted = [
    'sfdisk',
    'tar',
    ...[...types].map((type) => `mkfs.${type}`),
    ...(source.inventory.volumeGroups.length > 0 ? ['lvm'] : []),
  ];
  const missing = wanted.filter((name) => tools[name] === undefined);
  if (missing.length === 0) return [];
  return [
    finding(
      'blocker',
      'HOST_TOOL_MISSING',
      `The target has no ${missing.join(', ')}.`,
      'Install it in the rescue system, or use ours (--take-over, takeOverTarget).',
    ),
  ];
}

function directoryFindings(source: ReadHost, scope: HostScope, free: number | null): Finding[] {
  if (free === null) {
    return [
      finding(
        'blocker',
        'HOST_DIRECTORY_MISSING',
        `The target has no directory ${scope.targetDirectory}.`,
        'Make it, and mount the filesystems of the new system there.',
      ),
    ];
  }
  const needed = Math.round(estimateOf(source.inventory, scope).bytes * GROWTH);
  if (free >= needed) return [];
  return [
    finding(
      'blocker',
      'HOST_DIRECTORY_TOO_SMALL',
      `${scope.targetDirectory} has ${formatBytes(free)} free; what is migrated needs about ${formatBytes(needed)}.`,
      'Mount something larger there, or leave filesystems and folders out.',
    ),
  ];
}

/** Disks that a layout would overwrite and that nobody has confirmed, with what a user needs to know them. Pure. */
export function confirmationFindings(layout: HostLayout, disks: readonly Disk[], confirmed: readonly string[]): Finding[] {
  return layout.disks.flatMap(({ disk }): Finding[] => {
    if (disk === 'image' || confirmed.includes(disk)) return [];
    const found = disks.find(({ serial, path }) => (serial || path) === disk);
    const holds = found && found.partitions.length > 0 ? `, with ${found.partitions.length} partitions` : '';
    const about = found ? ` (${found.path}, ${formatBytes(found.sizeBytes)}${found.model ? `, ${found.model}` : ''}${holds})` : '';
    return [
      finding(
        'blocker',
        'HOST_DISK_NOT_CONFIRMED',
        `The content of the target’s disk ${disk}${about} would be destroyed.`,
        `If nothing on it is needed, confirm it: --confirm-disk ${disk} (confirmedDisks).`,
      ),
    ];
  });
}
