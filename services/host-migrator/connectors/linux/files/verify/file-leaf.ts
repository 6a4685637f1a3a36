import { createHash } from 'node:crypto';
import { leafDigest, type Leaf } from '@smartant/proof';
import { absoluteText, pathText, type PathBytes } from '../path-bytes';
import type { WalkEntry } from '../walk-record';

/** What a filesystem keeps of what another one told. */
export interface Keeps {
  /** Owners, modes and attributes. */
  rights: boolean;
  /** Of times. */
  times: 'nanoseconds' | 'seconds' | 'no';
}

export function keptBy(type: string): Keeps {
  if (type === 'vfat') return { rights: false, times: 'no' };
  return { rights: true, times: type === 'ext2' || type === 'ext3' ? 'seconds' : 'nanoseconds' };
}

/** An entry as an auditor would describe it. `digest`: of a file's content, in hexadecimal; null: not looked at. */
export function fileLeaf(
  mount: string,
  entry: WalkEntry,
  known: { digest: string | null; attributes: Record<string, string>; keeps: Keeps },
): Leaf {
  const { digest, attributes, keeps } = known;
  const properties: Record<string, string> = { type: entry.type };
  if (keeps.rights) {
    properties['mode'] = entry.mode;
    properties['owner'] = `${entry.uid}:${entry.gid}`;
    for (const [name, value] of Object.entries(attributes)) properties[`xattr:${pathText(name)}`] = value;
  }
  if (keeps.times !== 'no') properties['modified'] = keeps.times === 'seconds' ? (entry.mtime.split('.')[0] ?? '') : entry.mtime;
  if (entry.link !== '') properties['link'] = pathText(entry.link);
  if (entry.rdev !== '') properties['device'] = entry.rdev;
  return {
    key: absoluteText(mount, entry.path),
    size: entry.size,
    evidence: digest === null ? { kind: 'none' } : { kind: 'sha256', digest: Buffer.from(digest, 'hex') },
    properties,
  };
}

/** Names of one file, as a leaf of their own beside those of each name. No path has a line end as `absoluteText` writes it. */
export function namesLeaf(mount: string, paths: readonly PathBytes[]): Leaf {
  const names = paths.map((path) => absoluteText(mount, path));
  const digest = createHash('sha256').update(names.join('\n')).digest();
  return { key: `${names[0] ?? ''}\nnames`, size: 0, evidence: { kind: 'sha256', digest }, properties: { type: 'names' } };
}

/** What differs between two leaves of a path, its content first; null: they are equal. */
export function describeDifference(source: Leaf, target: Leaf): { kind: 'content' | 'metadata'; detail: string } | null {
  if (leafDigest(source).equals(leafDigest(target))) return null;
  const evidence = [source, target].map((leaf) => JSON.stringify(leaf.evidence));
  const names = [...new Set([...Object.keys(source.properties), ...Object.keys(target.properties)])];
  const differing = names.filter((name) => source.properties[name] !== target.properties[name]);
  const shown = differing.map((name) => `${name} ${shownValue(source.properties[name])} became ${shownValue(target.properties[name])}`);
  if (source.size !== target.size) return { kind: 'content', detail: `size ${source.size} became ${target.size}` };
  if (evidence[0] === evidence[1]) return { kind: 'metadata', detail: shown.join('; ').slice(0, 500) };
  return { kind: 'content', detail: ['its content differs', ...shown].join('; ').slice(0, 500) };
}

const shownValue = (value: string | undefined): string => (value === undefined ? 'nothing' : value === '' ? '""' : value.slice(0, 80));
