import type { LayoutPart } from './layout-parts';

export const MIB = 1024 * 1024;
/** Default of LVM: sizes of volumes are multiples of it. */
export const EXTENT_BYTES = 4 * MIB;

/** What mkfs of today refuses to go below. */
const SMALLEST: Record<string, number> = { xfs: 300 * MIB, btrfs: 256 * MIB, vfat: 36 * MIB };

export function roundUp(bytes: number, step: number): number {
  return Math.ceil(bytes / step) * step;
}

/**
 * What a part needs at least: what is used, a tenth on top for the filesystem's own records, and room to work (256 MiB, of small
 * filesystems a quarter). Of swap a quarter of the source's.
 */
export function leastBytes({ content, usedBytes, sizeBytes }: LayoutPart): number {
  if (content.kind === 'swap') return roundUp(Math.max(sizeBytes / 4, 16 * MIB), MIB);
  const room = Math.min(256 * MIB, sizeBytes / 4);
  const needed = roundUp(Math.max(usedBytes * 1.1 + room, SMALLEST[content.type] ?? 32 * MIB), MIB);
  // A full filesystem must not become impossible: the size that it has is enough.
  return usedBytes <= sizeBytes ? Math.min(needed, Math.max(roundUp(sizeBytes, MIB), SMALLEST[content.type] ?? 0)) : needed;
}

export interface SizedPart {
  part: LayoutPart;
  sizeBytes: number;
  leastBytes: number;
  /** By the user's wish: neither shrunk nor grown. */
  fixed: boolean;
}

/** `whole`: filesystems are carried by their blocks, and may not become smaller. */
export function sizeParts(
  parts: readonly LayoutPart[],
  wishes: readonly { mount: string; sizeBytes: number }[],
  whole = false,
): SizedPart[] {
  return parts.map((part) => {
    const wish = wishes.find(({ mount }) => mount === part.key);
    const step = part.volume ? EXTENT_BYTES : MIB;
    const least = roundUp(whole && part.content.kind === 'filesystem' ? part.sizeBytes : leastBytes(part), step);
    const sizeBytes = wish ? roundUp(wish.sizeBytes, step) : Math.max(roundUp(part.sizeBytes, step), least);
    return { part, sizeBytes, leastBytes: least, fixed: wish !== undefined };
  });
}

/** What parts take of a disk: each group of volumes has its records in front of them. */
export function bytesOnDisk(sized: readonly Pick<SizedPart, 'part' | 'sizeBytes'>[]): number {
  const groups = new Set(sized.flatMap(({ part }) => part.volume?.group ?? []));
  return sized.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + groups.size * EXTENT_BYTES;
}

/**
 * Shrinks parts to a disk, each by the same share of what it can do without; leaves them alone where they fit. Null: they cannot fit.
 * Parts with a wished size stay as they are.
 */
export function shrinkTo(sized: readonly SizedPart[], roomBytes: number): SizedPart[] | null {
  const over = bytesOnDisk(sized) - roomBytes;
  if (over <= 0) return [...sized];
  const slack = (one: SizedPart) => (one.fixed ? 0 : one.sizeBytes - one.leastBytes);
  const slackBytes = sized.reduce((sum, one) => sum + slack(one), 0);
  if (slackBytes < over) return null;
  // Rounding down to whole steps takes a little more than is needed, never less; nobody goes below the least.
  return sized.map((one) => {
    const step = one.part.volume ? EXTENT_BYTES : MIB;
    const shrunk = Math.floor((one.sizeBytes - (slack(one) * over) / slackBytes) / step) * step;
    return one.fixed ? one : { ...one, sizeBytes: Math.max(shrunk, one.leastBytes) };
  });
}
