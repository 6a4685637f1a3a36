import { contentsOf, uuidOfMount, type BootFacts } from './boot-facts';
import { rewrite, type Edit } from './edits';

const LOCAL = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'vfat',
  'auto',
  'ntfs',
  'ntfs3',
  'exfat',
  'f2fs',
  'jfs',
  'reiserfs',
  'iso9660',
  'udf',
]);
/** Names that the target keeps: of filesystems themselves, of volume groups, of files and of what is no device. */
const STABLE = /^(UUID=|LABEL=|[^/]|\/(?!dev\/))/;

/**
 * /etc/fstab where each migrated filesystem is named by its UUID, and what was left out is there as a comment, so that nothing waits for it.
 * Everything else, spaces and comments too, stays as it is.
 */
export function planFstab(facts: BootFacts): Edit[] {
  const text = facts.files.get('/etc/fstab');
  const lines = text === undefined ? [] : text.split('\n').map((line) => mapLine(line, facts));
  const esp = uuidOfMount(facts.layout, '/boot/efi');
  if (esp !== null && esp !== '' && !lines.some((line) => /^\s*[^#\s]+\s+\/boot\/efi\s/.test(line))) {
    lines.push(`UUID=${esp} /boot/efi vfat umask=0077 0 2`, '');
  }
  const edits = lines.length === 0 ? [] : rewrite(facts.files, '/etc/fstab', lines.join('\n'), 'filesystems are named by their UUIDs');
  return [...edits, ...planCrypttab(facts)];
}

function mapLine(line: string, facts: BootFacts): string {
  const match = /^(\s*)([^#\s]\S*)(\s+)(\S+)(\s+)(\S+)(.*)$/.exec(line);
  if (!match) return line;
  const [, lead = '', spec = '', gap = '', mount = '', , type = ''] = match;
  const rest = line.slice(lead.length + spec.length + gap.length);
  const named = (uuid: string) => (isStable(spec, facts) ? line : `${lead}UUID=${uuid}${gap}${rest}`);
  if (type === 'swap') {
    const uuid = swapUuid(spec, facts);
    // A swap file is not carried: its content means nothing there.
    return uuid ? named(uuid) : leftOut(line);
  }
  if (!LOCAL.has(type) || isBind(line)) return line;
  const point = mount.length > 1 ? unescaped(mount).replace(/\/$/, '') : mount;
  const uuid = uuidOfMount(facts.layout, point);
  if (uuid) return named(uuid);
  // A filesystem that was not mounted at the source, or that was left out.
  return spec.startsWith('/') && !spec.startsWith('/dev/') ? line : leftOut(line);
}

/** Spaces and their like are written in octal. */
const unescaped = (text: string) => text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
const leftOut = (line: string) => `# not migrated: ${line.trim()}`;
const isBind = (line: string) => /\s(\S+,)?r?bind(,\S+)?\s/.test(`${line} `);

/** A logical volume keeps its names where its group is there. */
function isStable(spec: string, { layout }: BootFacts): boolean {
  if (/^(PARTUUID|PARTLABEL)=/.test(spec)) return false;
  const groups = layout.volumeGroups.map(({ name }) => name);
  if (groups.some((group) => spec.startsWith(`/dev/${group}/`) || spec.startsWith(`/dev/mapper/${group.replaceAll('-', '--')}-`)))
    return true;
  return !spec.startsWith('/dev/') && STABLE.test(spec);
}

function swapUuid(spec: string, { inventory, layout }: BootFacts): string | null {
  const planned = contentsOf(layout).filter((content) => content.kind === 'swap');
  const [kind, value = ''] = spec.split('=');
  const unquoted = value.replaceAll('"', '');
  if (kind === 'UUID') return planned.find(({ uuid }) => uuid === unquoted)?.uuid ?? null;
  if (kind === 'LABEL') return planned.find(({ label }) => label === unquoted)?.uuid ?? null;
  const known = inventory.swaps.find(({ path }) => path === spec)?.uuid ?? null;
  // One swap area can only be the one that is meant.
  return (
    planned.find(({ uuid }) => uuid === known)?.uuid ?? (planned.length === 1 && spec.includes('swap') ? (planned[0]?.uuid ?? null) : null)
  );
}

/** Nothing is encrypted at the target: what would ask for a passphrase at boot must not. */
function planCrypttab({ files }: BootFacts): Edit[] {
  const text = files.get('/etc/crypttab');
  if (text === undefined) return [];
  const lines = text.split('\n').map((line) => (/^\s*[^#\s]/.test(line) ? `# not encrypted at the target: ${line.trim()}` : line));
  return rewrite(files, '/etc/crypttab', lines.join('\n'), 'nothing is encrypted at the target');
}
