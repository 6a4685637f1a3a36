import type { Finding } from '@smartant/runs';
import type { HostScope } from '../../../domain/host-scope';
import type { FileSystem, HostInventory } from '../../../domain/inventory';
import type { ReadHost } from '../inventory/build-inventory';
import { isCovered, isMountExcluded } from './covered-path';

/** Of a source, by its inventory alone. Pure. */
export function sourceFindings(source: ReadHost, scope: HostScope): Finding[] {
  return [
    ...toolFindings(source, scope),
    ...fileSystemFindings(source, scope),
    ...databaseFindings(source.inventory, scope),
    ...bootFindings(source, scope),
    ...surroundings(source, scope),
    ...networkFindings(source.inventory, scope),
  ];
}

const SUPPORTED = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat', 'msdos']);
const MANY_FILES = 5_000_000;
/** For lists of files and a short-lived key. */
const WORK_BYTES = 64 * 1024 * 1024;

const finding = (severity: Finding['severity'], code: string, message: string, hint: string): Finding => ({
  severity,
  code,
  message,
  hint,
  subject: 'source',
});

/** Filesystems that are migrated. */
export function chosenFileSystems({ fileSystems }: HostInventory, scope: HostScope): FileSystem[] {
  return fileSystems.filter(({ mount }) => !isMountExcluded(mount, scope.excludeMounts) && !isCovered(mount, scope.exclude));
}

/** What is to be copied, at most. */
export function estimateOf(inventory: HostInventory, scope: HostScope): { files: number; bytes: number } {
  const chosen = chosenFileSystems(inventory, scope);
  return { files: chosen.reduce((sum, { files }) => sum + files, 0), bytes: chosen.reduce((sum, { usedBytes }) => sum + usedBytes, 0) };
}

function toolFindings({ inventory: { tools }, facts }: ReadHost, scope: HostScope): Finding[] {
  const found: Finding[] = [];
  if (facts.userId !== 0) {
    found.push(
      finding(
        'blocker',
        'HOST_NOT_ROOT',
        'Commands at the source do not run as root.',
        'Sign in as root, or let the endpoint become root by sudo.',
      ),
    );
  }
  if (scope.engine === 'files') {
    const { tar = '', find = '' } = tools;
    if (!tar.includes('GNU tar')) {
      const is = tar === '' ? 'has no tar' : `has a tar that is not GNU tar (${tar})`;
      found.push(finding('blocker', 'HOST_TAR_UNFIT', `The source ${is}.`, 'Install GNU tar there, or use the engine "blocks".'));
    } else if (!facts.tarAbilities.includes('xattrs')) {
      const hint = 'Install tar 1.27 or newer there, or use the engine "blocks".';
      found.push(
        finding(
          'warning',
          'HOST_TAR_OLD',
          `Its tar (${tar}) carries no extended attributes: ACLs, capabilities and SELinux labels would be lost.`,
          hint,
        ),
      );
    }
    if (!find.includes('GNU findutils')) {
      found.push(
        finding(
          'blocker',
          'HOST_FIND_UNFIT',
          `The source has no GNU find (${find || 'none at all'}).`,
          'Install findutils there, or use the engine "blocks".',
        ),
      );
    }
  }
  if (facts.unread.length > 0) {
    const hint = 'Look for disks that do not answer, and for broken tools; what is missing is not migrated knowingly.';
    found.push(finding('warning', 'HOST_INVENTORY_INCOMPLETE', `Parts of the source could not be read: ${facts.unread.join(', ')}.`, hint));
  }
  return found;
}

function fileSystemFindings({ inventory, facts }: ReadHost, scope: HostScope): Finding[] {
  const found: Finding[] = [];
  const chosen = chosenFileSystems(inventory, scope);
  for (const { mount, type } of chosen.filter((each) => !SUPPORTED.has(each.type))) {
    found.push(
      finding(
        'blocker',
        'HOST_FILESYSTEM_UNSUPPORTED',
        `${mount} is a ${type}, which is not migrated.`,
        `Leave it out: add "${mount}" to excludeMounts, and copy its files by another way.`,
      ),
    );
  }
  for (const { mount, type, source } of facts.networkMounts) {
    found.push(
      finding(
        'note',
        'HOST_NETWORK_MOUNT',
        `${mount} (${type} of ${source}) belongs to another machine and is left out.`,
        'See that the target reaches it too.',
      ),
    );
  }
  for (const { mount } of inventory.fileSystems.filter((each) => !chosen.includes(each))) {
    found.push(
      finding(
        'note',
        'HOST_MOUNT_EXCLUDED',
        `${mount} is left out, as was asked.`,
        'Its entry in fstab is marked so that the target starts without it.',
      ),
    );
  }
  for (const mount of scope.excludeMounts.filter((each) => !facts.mounts.some((there) => there.mount === each))) {
    found.push(
      finding(
        'warning',
        'HOST_EXCLUDED_MOUNT_UNKNOWN',
        `Nothing is mounted at ${mount}, which is to be left out.`,
        'Correct it (--exclude-mount, excludeMounts); a folder is left out by --exclude.',
      ),
    );
  }
  for (const { mount, spec, options } of inventory.fstab) {
    if (!mount.startsWith('/') || options.some((option) => ['noauto', '_netdev', 'x-systemd.automount', 'bind'].includes(option))) continue;
    if (facts.mounts.some((there) => there.mount === mount)) continue;
    const hint = 'Mount it, or take it out of fstab: what is not mounted is not copied.';
    found.push(finding('warning', 'HOST_FSTAB_NOT_MOUNTED', `fstab wants ${spec} at ${mount}, and it is not mounted.`, hint));
  }
  const { files } = estimateOf(inventory, scope);
  if (scope.engine === 'files' && files > MANY_FILES) {
    found.push(
      finding(
        'note',
        'HOST_MANY_FILES',
        `There are about ${files} files: each round looks at every one.`,
        'Leave out caches, or use the engine "blocks".',
      ),
    );
  }
  return [...found, ...spaceFindings({ inventory, facts })];
}

function spaceFindings({ inventory, facts }: ReadHost): Finding[] {
  const root = inventory.fileSystems.find(({ mount }) => mount === '/');
  const memory = facts.mounts.some(({ mount, type }) => mount === '/run' && type === 'tmpfs');
  if (!root || memory || root.sizeBytes - root.usedBytes > WORK_BYTES) return [];
  return [
    finding(
      'blocker',
      'HOST_NO_SPACE',
      'The root filesystem is full, and there is no /run in memory for what the migration writes.',
      'Free 64 MiB there.',
    ),
  ];
}

const SERVICE_OF: Record<string, RegExp> = {
  postgresql: /postgres/i,
  mysql: /mysql|mariadb|percona/i,
  mariadb: /mysql|mariadb/i,
  redis: /redis/i,
  valkey: /valkey|redis/i,
  mongodb: /mongo/i,
  oracle: /oracle|dbora|ora/i,
};

/** Files that a database writes are of no use as copies, unless it is stopped before the last round. */
function databaseFindings({ databases }: HostInventory, scope: HostScope): Finding[] {
  return databases.flatMap(({ product, dataDirectory }): Finding[] => {
    const where = dataDirectory || 'a directory that it does not tell';
    if (dataDirectory !== '' && (isCovered(dataDirectory, scope.exclude) || isMountExcluded(dataDirectory, scope.excludeMounts))) {
      return [finding('note', 'HOST_DATABASE_EXCLUDED', `The ${product} in ${where} is left out.`, 'Migrate it as a database.')];
    }
    if (scope.stopServices.some((service) => SERVICE_OF[product]?.test(service))) {
      return [
        finding(
          'warning',
          'HOST_DATABASE_STOPPED',
          `The ${product} in ${where} is stopped in the cutover; copies before that are not usable.`,
          'For a shorter downtime leave it out, and migrate it as a database.',
        ),
      ];
    }
    const stop = 'ave its service stopped in the cutover (--stop-service, stopServices).';
    const leave = `Add "${dataDirectory || 'its data directory'}" to exclude and migrate it as a database, or h${stop}`;
    const hint = scope.engine === 'files' ? leave : `H${stop}`;
    return [finding('blocker', 'HOST_DATABASE_OPEN', `A ${product} runs in ${where}: files copied while it writes are broken.`, hint)];
  });
}

function bootFindings({ inventory, facts }: ReadHost, scope: HostScope): Finding[] {
  const { boot, disks, volumeGroups, raids, selinux, fstab, fileSystems } = inventory;
  const found: Finding[] = [];
  if (boot.secureBoot) {
    found.push(
      finding(
        'warning',
        'HOST_SECURE_BOOT',
        'The source starts with Secure Boot.',
        'Switch Secure Boot off at the target, or see that it trusts the same keys.',
      ),
    );
  }
  const contents = [
    ...disks.flatMap(({ partitions }) => partitions.map(({ path, content }) => ({ path, content }))),
    ...volumeGroups.flatMap(({ volumes }) => volumes.map(({ path, content }) => ({ path, content }))),
    ...raids.map(({ path, content }) => ({ path, content })),
  ];
  const encrypted = contents.filter(({ content }) => content.kind === 'crypt').map(({ path }) => path);
  if (encrypted.length > 0) {
    found.push(
      finding(
        'warning',
        'HOST_ENCRYPTED',
        `What stands on ${encrypted.join(', ')} is encrypted, and arrives without encryption.`,
        'Encrypt the disks of the target, or leave these filesystems out.',
      ),
    );
  }
  if (scope.engine === 'files' && selinux === 'enforcing' && !facts.tarAbilities.includes('selinux')) {
    found.push(
      finding(
        'note',
        'HOST_SELINUX_RELABEL',
        'SELinux is enforced, and its labels cannot be carried: the target labels its files anew when it starts first.',
        'Expect a longer first start.',
      ),
    );
  }
  // Below a directory nothing is started.
  if (scope.targetDirectory === '' && !facts.drivers.includes('virtio_blk') && !facts.drivers.includes('virtio_scsi')) {
    found.push(
      finding(
        'warning',
        'HOST_NO_VIRTIO',
        'The kernel of the source has no virtio disk drivers that were found.',
        'Give the target disks and networks that its kernel knows (SATA, e1000), or install a newer kernel first.',
      ),
    );
  }
  if (!fileSystems.some(({ mount }) => mount === '/')) {
    found.push(
      finding(
        'blocker',
        'HOST_ROOT_UNKNOWN',
        'The root of the source is on no disk of its own (a live system, a container, or a network root).',
        'Name the machine that is to be migrated, started from its own disk.',
      ),
    );
  }
  if (fstab.some(({ mount }) => mount === '/boot') && fileSystems.some(({ mount }) => mount === '/boot')) {
    found.push(finding('note', 'HOST_BOOT_SEPARATE', '/boot is a filesystem of its own, and stays one.', ''));
  }
  return found;
}

/** A plan for an interface that is not there would be passed over, and leave a target that nobody reaches. */
function networkFindings({ interfaces }: HostInventory, { network }: HostScope): Finding[] {
  const names = interfaces.map(({ name }) => name);
  return network
    .filter(({ source }) => !names.includes(source))
    .map(({ source }) =>
      finding(
        'blocker',
        'HOST_INTERFACE_UNKNOWN',
        `The source has no interface ${source}, which has a plan.`,
        `It has ${names.join(', ')}.`,
      ),
    );
}

function surroundings({ inventory, facts }: ReadHost, scope: HostScope): Finding[] {
  const found: Finding[] = [];
  const { containers } = facts;
  if (containers.some((name) => /^(?:kubelet|k3s)/.test(name))) {
    found.push(
      finding(
        'warning',
        'HOST_KUBERNETES_NODE',
        'The source is a node of Kubernetes, which knows it by its name and addresses.',
        'Rather drain it and join a new node; migrate volumes by themselves.',
      ),
    );
  } else if (containers.length > 0) {
    const stopped = scope.stopServices.some((service) => /docker|containerd|podman|crio/.test(service));
    const how = stopped
      ? 'They are stopped in the cutover.'
      : 'Have their service stopped in the cutover (--stop-service, stopServices), so that the last round finds them at rest.';
    found.push(
      finding(
        stopped ? 'note' : 'warning',
        'HOST_CONTAINERS',
        `Containers may run at the source (${containers.join(', ')}), and write while they are copied.`,
        how,
      ),
    );
  }
  const files = inventory.swaps.filter(({ path }) => !path.startsWith('/dev/')).map(({ path }) => path);
  if (files.length > 0) {
    found.push(
      finding(
        'note',
        'HOST_SWAP_FILE',
        `Swap lies in files (${files.join(', ')}), which are ${scope.engine === 'files' ? 'not copied' : 'not taken into use again'}; the target starts without them.`,
        'Make a swap file at the target after its first start, by an action for example.',
      ),
    );
  }
  for (const service of scope.stopServices) {
    const name = service.replace(/\.service$/, '');
    if (inventory.services.length > 0 && !inventory.services.some((each) => each.name === name)) {
      found.push(
        finding(
          'warning',
          'HOST_SERVICE_UNKNOWN',
          `The source has no service "${service}", which is to be stopped.`,
          'Correct its name (--stop-service, stopServices).',
        ),
      );
    }
  }
  return found;
}
