import { formatBytes, formatDuration } from '@smartant/kernel';
import type { Endpoint, Migration, MigrationKind, PrecheckResult } from '../api/api';
import { sshPlace } from '../endpoints/ssh-url';
import type { Messages } from '../messages/messages';
import { elapsed, groupDigits } from './numbers';
import { printable } from './table';

type HostLocation = Extract<Endpoint['location'], { kind: 'ssh' | 'image' }>;
type BootProof = NonNullable<Migration['boot']>;

/** "ssh://root@web-01", with the way to it; "image data/web-01.qcow2 (qcow2)". */
export function hostPlace(location: HostLocation): string {
  if (location.kind === 'image') return `image ${location.root}/${location.path} (${location.format})`;
  const steps = (location.via ?? []).map((way) => ` via ${way.kind} ${way.host}:${way.port}`).join('');
  return `ssh://${sshPlace(location)}${steps}`;
}

export function isHost({ spec }: { spec: { kind: MigrationKind } }): boolean {
  return spec.kind === 'host';
}

/** Rows of `migration show` that are about a host. */
export function hostDetails(migration: Migration, messages: Messages): [string, string][] {
  const { hosts: texts, labels } = messages;
  const { ledger, inventory, prediction, rehearsal, boot, frozenAt, openedAt } = migration;
  return [
    ...(inventory ? ([[texts.labels.machine, machineText(inventory)]] as [string, string][]) : []),
    [labels.copied, `${countedText(migration, ledger.copiedFiles, texts)} (${formatBytes(ledger.copiedBytes)})`],
    [labels.unchanged, groupDigits(ledger.unchangedFiles)],
    [labels.deleted, groupDigits(ledger.deletedFiles)],
    [labels.failed, groupDigits(ledger.quarantinedFiles)],
    ...(prediction ? ([[texts.labels.prediction, predictionText(migration, prediction, texts)]] as [string, string][]) : []),
    ...(rehearsal ? ([[texts.labels.rehearsal, bootText(rehearsal, texts)]] as [string, string][]) : []),
    ...(boot ? ([[texts.labels.boot, bootText(boot, texts)]] as [string, string][]) : []),
    ...(frozenAt ? ([[labels.downtime, downtimeText(frozenAt, openedAt, messages)]] as [string, string][]) : []),
  ];
}

function machineText({ hostname, os, architecture, boot, cpus, memoryBytes, disks }: NonNullable<Migration['inventory']>): string {
  const size = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return printable(`${hostname}, ${os}, ${architecture}, ${boot}, ${cpus} CPU, ${formatBytes(memoryBytes)}, ${formatBytes(size)} disk`);
}

/**
 * Only an image has room for a clone of it, which a rehearsal starts; its layout has one disk of that name. What rounds of blocks bring cannot
 * be started before the cutover.
 */
export function mayRehearse(spec: Migration['spec']): boolean {
  return spec.kind === 'host' && spec.host.engine !== 'blocks' && spec.host.layout?.disks[0]?.disk === 'image';
}

interface Counted {
  spec: { kind: MigrationKind; host?: { engine?: string } };
}

/** What the counts of a host's ledger are of: files, or chunks of its volumes. */
export function countedText({ spec }: Counted, count: number, texts: Messages['hosts']): string {
  return spec.host?.engine === 'blocks' ? texts.chunks(groupDigits(count)) : texts.files(groupDigits(count));
}

/** Below a directory of the target nothing is started. */
export function startsTarget(spec: Migration['spec']): boolean {
  return spec.kind === 'host' && spec.host.targetDirectory === '';
}

/** "about 12 files, 3 MiB, 8s": what would be carried over while services stand still. */
export function predictionText(
  migration: Counted,
  { files, bytes, seconds }: NonNullable<Migration['prediction']>,
  texts: Messages['hosts'],
): string {
  return texts.predicted(
    countedText(migration, files, texts),
    formatBytes(bytes),
    formatDuration(Math.max(1, Math.round(seconds)) * 1_000),
  );
}

/** Whether it answered, and how many probes passed. */
export function bootText({ answeredAfterMs, probes, actions }: BootProof, texts: Messages['hosts']): string {
  if (answeredAfterMs === null) return texts.noAnswer;
  const checks = [...probes, ...actions];
  const passed = checks.filter(({ passed: isPassed }) => isPassed).length;
  return texts.answered(formatDuration(answeredAfterMs), `${passed}/${checks.length}`);
}

/** One line for each probe and action, and the end of the console where something failed. */
export function bootLines(boot: Omit<BootProof, 'console'> & { console?: string }, texts: Messages['hosts']): string[] {
  const failed = boot.answeredAfterMs === null || [...boot.probes, ...boot.actions].some(({ passed }) => !passed);
  const tail = failed ? (boot.console ?? '').trim().split('\n').slice(-8) : [];
  return [
    ...boot.probes.map(({ probe, passed, detail }) => `${passed ? '✓' : '✗'} ${printable([probe, detail].filter(Boolean).join(': '))}`),
    ...boot.actions.map(({ name, passed, exitCode }) => `${passed ? '✓' : '✗'} ${printable(texts.action(name, exitCode))}`),
    ...(tail.join('') === '' ? [] : [`${texts.labels.console}:`, ...tail.map((line) => `  ${printable(line)}`)]),
  ];
}

/** What the target's disks shall look like: one line a disk or volume group. */
export function layoutLines({ disks, volumeGroups }: NonNullable<PrecheckResult['layout']>, { hosts: texts }: Messages): string[] {
  type Content = (typeof disks)[number]['partitions'][number]['content'];
  const part = (name: string, sizeBytes: number, content: Content) => {
    const what =
      content.kind === 'filesystem'
        ? `${content.type} ${content.mounts.map(({ mount }) => mount).join(' ')}`
        : content.kind === 'pv'
          ? `LVM ${content.volumeGroup}`
          : content.kind;
    return `${name} ${formatBytes(sizeBytes)} ${what}`.trim();
  };
  return [
    `${texts.labels.layout}:`,
    ...disks.map(({ disk, sizeBytes, table, partitions }) =>
      texts.disk(
        disk,
        formatBytes(sizeBytes),
        table,
        partitions.map((each) => part(String(each.number), each.sizeBytes, each.content)).join(', '),
      ),
    ),
    ...volumeGroups.map(({ name, volumes }) =>
      texts.disk(name, '', 'LVM', volumes.map((each) => part(each.name, each.sizeBytes, each.content)).join(', ')),
    ),
  ].map((line) => printable(line));
}

/** From the stop of the source's services to the proved target, or how long it lasts already. */
export function downtimeText(frozenAt: string, openedAt: string | null, { hosts }: Messages): string {
  return openedAt ? elapsed(frozenAt, Date.parse(openedAt)) : hosts.frozenFor(elapsed(frozenAt, Date.now()));
}
