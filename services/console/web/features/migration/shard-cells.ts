import type { Schema } from '@smartant/contracts/openapi';

export type ShardMap = Schema<'ShardMap'>;
export type ShardCell = Schema<'ShardCell'>;

/** What a cell is drawn as: the state in it that matters most. `partly`: some are done, and nobody is at the others. */
export type CellTone = 'retrying' | 'abandoned' | 'working' | 'done' | 'partly' | 'waiting';
export const TONES: readonly CellTone[] = ['waiting', 'partly', 'working', 'retrying', 'abandoned', 'done'];

export function toneOf({ retrying, abandoned, working, done, shards }: ShardCell): CellTone {
  if (retrying > 0) return 'retrying';
  if (abandoned > 0) return 'abandoned';
  if (working > 0) return 'working';
  if (done === shards) return 'done';
  return done > 0 ? 'partly' : 'waiting';
}

/** The cells of each stage, in the order in which the stages come. */
export function stagesOf({ cells }: ShardMap): [string, ShardCell[]][] {
  return [...Map.groupBy(cells, ({ stage }) => stage)];
}

export const cellKey = ({ stage, index }: Pick<ShardCell, 'stage' | 'index'>): string => `${stage} ${index}`;

/**
 * Bytes a second of each cell between two looks, by its key. Nothing of cells whose shards are not the same any more: they were split, or another
 * run has begun.
 */
export function cellRates(before: { map: ShardMap; atMs: number }, after: { map: ShardMap; atMs: number }): Map<string, number> {
  const seconds = (after.atMs - before.atMs) / 1_000;
  if (seconds <= 0 || before.map.runId !== after.map.runId) return new Map();
  const known = new Map(before.map.cells.map((cell) => [cellKey(cell), cell]));
  return new Map(
    after.map.cells.flatMap((cell) => {
      const was = known.get(cellKey(cell));
      if (!was || was.shards !== cell.shards || cell.bytes < was.bytes) return [];
      return [[cellKey(cell), (cell.bytes - was.bytes) / seconds] as const];
    }),
  );
}

/** Where an arrow key leads from one of `count` cells in rows of `columns`; null: another key. */
export function movedBy(key: string, from: number, count: number, columns: number): number | null {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const step = steps[key];
  if (step !== undefined) {
    const to = from + step;
    return to >= 0 && to < count ? to : from;
  }
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : null;
}
