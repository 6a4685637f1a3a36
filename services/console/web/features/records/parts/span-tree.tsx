import DownOutlined from '@ant-design/icons/DownOutlined';
import RightOutlined from '@ant-design/icons/RightOutlined';
import { useMemo, useState } from 'react';
import { Fact } from '../../../elements/fact';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { TraceSpan } from '../queries';
import { foldedAtFirst, spanRows, unfolded, type SpanRow } from '../span-rows';
import { texts } from '../texts';
import '../records.css';

const INDENT_PX = 16;
const DEEPEST_INDENT = 12;

/** Spans under their parents with their share of the time; each opens to what it knows, and folds what is below it away. */
export function SpanTree({ spans }: { spans: readonly TraceSpan[] }) {
  const t = useTexts(texts);
  const rows = useMemo(() => spanRows(spans), [spans]);
  const [folded, setFolded] = useState(() => foldedAtFirst(rows));
  const fold = (id: string) =>
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  return (
    <div className="span-scroll" tabIndex={0} role="region" aria-label={t.spans}>
      <table className="spans">
        <thead>
          <tr>
            <th scope="col">{t.step}</th>
            <th scope="col">{t.service}</th>
            <th scope="col" className="span-time">
              {t.time}
            </th>
            <th scope="col">{t.duration}</th>
          </tr>
        </thead>
        <tbody>
          {unfolded(rows, folded).map((row) => (
            <Row key={row.span.spanId} row={row} isFolded={folded.has(row.span.spanId)} onFold={() => fold(row.span.spanId)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: SpanRow;
  isFolded: boolean;
  onFold: () => void;
}

function Row({ row: { span, depth, below, start, length }, isFolded, onFold }: RowProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const [isOpen, setOpen] = useState(false);
  const Icon = isFolded ? RightOutlined : DownOutlined;
  return (
    <>
      <tr data-failed={span.failed}>
        <th scope="row">
          {/* Of the cell itself it would be taken for the width of its text. */}
          <span className="span-name" style={{ paddingInlineStart: INDENT_PX * Math.min(depth, DEEPEST_INDENT) }}>
            <span className="for-readers">{t.depth(String(depth + 1))}</span>
            {below > 0 ? (
              <button type="button" className="span-fold" aria-expanded={!isFolded} aria-label={t.below(span.name)} onClick={onFold}>
                <Icon aria-hidden="true" />
              </button>
            ) : (
              <i className="span-fold" aria-hidden="true" />
            )}
            <button type="button" className="span-open" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {span.name}
            </button>
            {isFolded && <span className="footnote">+{format.count(below)}</span>}
            {span.errorCode && <code className="span-error">{span.errorCode}</code>}
          </span>
        </th>
        <td>
          {span.service}
          {span.host && <span className="footnote span-host"> {span.host}</span>}
        </td>
        <td className="span-time">
          <i
            aria-hidden="true"
            className="span-bar"
            style={{ insetInlineStart: `${start * 100}%`, width: `${Math.min(length, 1 - start) * 100}%` }}
          />
        </td>
        <td className="span-duration">{durationText(span.durationMs)}</td>
      </tr>
      {isOpen && (
        <tr className="span-details">
          <td colSpan={4}>
            <Details span={span} />
          </td>
        </tr>
      )}
    </>
  );
}

function Details({ span }: { span: TraceSpan }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <>
      {span.failed && (
        <p className="span-failure" role="note">
          {t.failed} {span.errorCode && <code>{span.errorCode}</code>} {span.message}
        </p>
      )}
      <dl className="facts">
        <Fact name={t.at}>{format.absolute(Date.parse(span.startedAt))}</Fact>
        <Fact name={t.host}>{span.host}</Fact>
        <Fact name={t.spanId}>{span.spanId}</Fact>
        {Object.entries(span.attributes).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
    </>
  );
}

/** Spans are of microseconds up to months: two digits of what matters. */
export function durationText(ms: number): string {
  if (ms < 1) return `${Math.max(0, ms).toPrecision(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`;
}
