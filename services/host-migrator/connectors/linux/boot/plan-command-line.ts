import { uuidOfMount, type BootFacts } from './boot-facts';
import { filesBelow, rewrite, type Edit } from './edits';

const SERIAL = ['console=tty0', 'console=ttyS0,115200'];

/**
 * The kernel's command line, wherever a distribution keeps it: the root filesystem by its UUID, nothing that waits for arrays, encrypted
 * devices or a hibernated system that are not there any more, and the serial console by choice.
 */
export function planCommandLine(facts: BootFacts): Edit[] {
  const { files } = facts;
  const edits: Edit[] = [];
  const why = 'the kernel finds its root filesystem';
  const defaults = files.get('/etc/default/grub');
  if (defaults !== undefined) edits.push(...rewrite(files, '/etc/default/grub', grubDefaults(defaults, facts), why));
  for (const [path, text] of filesBelow(files, '/etc/default/grub.d', /\.cfg$/)) {
    // Cloud images start their root by the id of a partition, which is another one now.
    if (/FORCE_PARTUUID/.test(text)) edits.push({ kind: 'remove', path, why: 'partitions have new ids' });
    else edits.push(...rewrite(files, path, mapDefaults(text, facts, false), why));
  }
  const whole = ['/etc/kernel/cmdline'].flatMap((path) => (files.has(path) ? [[path, files.get(path) ?? ''] as const] : []));
  for (const [path, text] of whole) edits.push(...rewrite(files, path, `${mapWords(text.trim(), facts, true)}\n`, why));
  for (const [path, text] of filesBelow(files, '/boot/loader/entries', /\.conf$/)) {
    const mapped = text.replaceAll(
      /^(options\s+)(.*)$/gm,
      (_, lead: string, words: string) => lead + mapWords(words, facts, !words.includes('$kernelopts')),
    );
    edits.push(...rewrite(files, path, mapped, why));
  }
  for (const path of ['/boot/grub2/grubenv', '/boot/grub/grubenv']) {
    const text = files.get(path);
    if (text?.includes('\nkernelopts=')) edits.push(...rewrite(files, path, mapEnvironment(text, facts), why));
  }
  return edits;
}

function grubDefaults(text: string, facts: BootFacts): string {
  let mapped = mapDefaults(text, facts, facts.wishes.serialConsole);
  const set = (name: string, value: string) => {
    const line = new RegExp(`^#?\\s*${name}=.*$`, 'm');
    mapped = line.test(mapped) ? mapped.replace(line, `${name}=${value}`) : `${mapped.replace(/\n?$/, '\n')}${name}=${value}\n`;
  };
  if (facts.wishes.serialConsole) {
    set('GRUB_TERMINAL', '"console serial"');
    set('GRUB_SERIAL_COMMAND', '"serial --unit=0 --speed=115200"');
  }
  // Other systems on the migrator's or the rescue system's disks are none of this machine.
  set('GRUB_DISABLE_OS_PROBER', 'true');
  return mapped;
}

/** `serial`: whether the consoles are put into GRUB_CMDLINE_LINUX, which exists once. */
function mapDefaults(text: string, facts: BootFacts, serial: boolean): string {
  const line = /^(GRUB_CMDLINE_LINUX(?:_DEFAULT)?=)(["']?)(.*?)\2[ \t]*$/gm;
  const mapped = text.replaceAll(line, (_, name: string, _quote: string, words: string) => {
    const own = serial && name === 'GRUB_CMDLINE_LINUX=';
    return `${name}"${mapWords(words, facts, own)}"`;
  });
  if (!serial || /^GRUB_CMDLINE_LINUX=/m.test(mapped)) return mapped;
  return `${mapped.replace(/\n?$/, '\n')}GRUB_CMDLINE_LINUX="${SERIAL.join(' ')}"\n`;
}

/** grubenv is a block of 1,024 bytes that is filled up with "#". */
function mapEnvironment(text: string, facts: BootFacts): string {
  const lines = text.replace(/#+\s*$/, '').split('\n');
  const mapped = lines.map((line) =>
    line.startsWith('kernelopts=') ? `kernelopts=${mapWords(line.slice('kernelopts='.length).trim(), facts, true)} ` : line,
  );
  return mapped.join('\n').padEnd(1024, '#').slice(0, 1024);
}

function mapWords(words: string, facts: BootFacts, serial: boolean): string {
  const rootUuid = uuidOfMount(facts.layout, '/');
  const flat = facts.inventory.raids.length > 0;
  const mapped = words
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((word) => {
      if (/^root=/.test(word)) return isNamed(word.slice('root='.length), facts) ? [word] : [`root=UUID=${rootUuid}`];
      if (/^(rd\.luks|luks|rd\.md\.uuid|cryptdevice)/.test(word)) return flat || !word.startsWith('rd.md') ? [] : [word];
      if (/^resume(_offset)?=/.test(word)) return [];
      return [word];
    });
  const consoles =
    serial && facts.wishes.serialConsole ? SERIAL.filter((word) => !mapped.some((own) => own.split(',')[0] === word.split(',')[0])) : [];
  return [...mapped, ...consoles].join(' ');
}

/** Whether the root's name stays true: by UUID, by label, or a logical volume. */
function isNamed(name: string, { layout }: BootFacts): boolean {
  if (/^(UUID|LABEL)=/.test(name) || name.startsWith('$')) return true;
  return layout.volumeGroups.some(
    (group) => name.startsWith(`/dev/${group.name}/`) || name.startsWith(`/dev/mapper/${group.name.replaceAll('-', '--')}-`),
  );
}
