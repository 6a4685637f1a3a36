import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { cellKey, movedBy, toneOf, type ShardCell } from '../shard-cells';
import { texts } from '../texts';

export interface ShardGridProps {
  stage: string;
  cells: readonly ShardCell[];
  /** Bytes a second, by cell. */
  rates: ReadonlyMap<string, number>;
  onChoose: (cell: ShardCell) => void;
}

/**
 * The cells of one stage. One stop for the Tab key: arrow keys move among them, what the cell is about is said below, Enter or a click shows its
 * shards.
 */
export function ShardGrid({ stage, cells, rates, onChoose }: ShardGridProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const titleId = useId();
  const grid = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [isTold, setTold] = useState(false);
  const at = Math.min(active, cells.length - 1);
  const move = (event: KeyboardEvent) => {
    const to = movedBy(event.key, at, cells.length, columnsOf(grid.current));
    if (to === null) return;
    event.preventDefault();
    setActive(to);
    (grid.current?.children[to] as HTMLElement | undefined)?.focus();
  };
  const told = cells[at];
  const total = cells.reduce((sum, { shards, bytes }) => ({ shards: sum.shards + shards, bytes: sum.bytes + bytes }), {
    shards: 0,
    bytes: 0,
  });
  return (
    <div className="shard-stage">
      <h3 id={titleId}>{t.stages[stage] ?? stage}</h3>
      <div ref={grid} className="shard-grid" role="group" aria-labelledby={titleId} onKeyDown={move} onPointerLeave={() => setTold(false)}>
        {cells.map((cell, index) => (
          <Cell
            key={cell.index}
            cell={cell}
            isStop={index === at}
            onTell={() => {
              setActive(index);
              setTold(true);
            }}
            onChoose={() => onChoose(cell)}
          />
        ))}
      </div>
      <p className="shard-told quiet" aria-live="polite">
        {isTold && told ? (
          <Told cell={told} rate={rates.get(cellKey(told))} />
        ) : (
          t.stageTotal(format.count(total.shards), format.bytes(total.bytes))
        )}
      </p>
    </div>
  );
}

interface CellProps {
  cell: ShardCell;
  isStop: boolean;
  onTell: () => void;
  onChoose: () => void;
}

function Cell({ cell, isStop, onTell, onChoose }: CellProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const tone = toneOf(cell);
  return (
    <button
      type="button"
      className="shard-cell"
      data-tone={tone}
      tabIndex={isStop ? 0 : -1}
      aria-label={t.cell(format.count(cell.index + 1), format.count(cell.shards), t.shardTones[tone])}
      onFocus={onTell}
      onPointerEnter={onTell}
      onClick={onChoose}
    />
  );
}

function Told({ cell, rate }: { cell: ShardCell; rate: number | undefined }) {
  const t = useTexts(texts);
  const format = useFormats();
  const states = (['done', 'working', 'waiting', 'retrying', 'abandoned'] as const).filter((state) => cell[state] > 0);
  return (
    <>
      {t.cell(
        format.count(cell.index + 1),
        format.count(cell.shards),
        states.map((state) => `${format.count(cell[state])} ${t.shardStates[state]}`).join(', '),
      )}
      {' · '}
      {format.bytes(cell.bytes)}
      {rate !== undefined && rate > 0 && ` · ${t.perSecond(format.bytes(rate))}`}
      {cell.attempts > 0 && ` · ${t.failedInARow(format.count(cell.attempts))}`}
    </>
  );
}

/** As the browser has laid them out. */
function columnsOf(grid: HTMLElement | null): number {
  if (!grid) return 1;
  return getComputedStyle(grid).gridTemplateColumns.split(' ').length;
}
