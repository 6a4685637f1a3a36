import type { Schema } from '@smartant/contracts/openapi';
import { Collapse } from 'antd';
import { useState } from 'react';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { LISTED_PRICES, outlookOf, type Prices } from '../copy-outlook';
import type { Spec } from '../plan';
import { texts } from '../texts';
import { NumberField } from './number-field';

/** Of a line of one megabit a second. */
const MEGABIT = 1_000_000 / 8;
const USUAL_LINE = 100;
const PRICES: readonly (keyof Prices)[] = ['perGibRead', 'perThousandReads', 'perThousandWrites'];

/** How much there is, and what copying it takes at a line and at prices that the reader knows better. */
export function EstimateFigures({ spec, estimate }: { spec: Spec; estimate: Schema<'PrecheckResult'>['estimate'] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const [line, setLine] = useState(USUAL_LINE);
  const [prices, setPrices] = useState(LISTED_PRICES);
  const { seconds, requests, readBytes, cost } = outlookOf(spec, estimate, line * MEGABIT, prices);
  const atLeast = (text: string) => (estimate.complete ? text : t.atLeast(text));
  const figures: [name: string, value: string][] = [
    [t.counted[spec.kind], format.count(estimate.objects)],
    [t.size, format.bytes(estimate.bytes)],
    [t.outlook.time, format.duration(Math.max(1, seconds))],
    ...(requests === null ? [] : [[t.outlook.requests, format.count(requests.reads + requests.writes)] as [string, string]]),
    [t.outlook.cost, format.count(Math.ceil(cost * 100) / 100)],
  ];
  return (
    <section aria-label={t.estimate}>
      <h3>{t.estimate}</h3>
      <dl className="figures">
        {figures.map(([name, value]) => (
          <div key={name} className="figure small">
            <dt>{name}</dt>
            <dd>{atLeast(value)}</dd>
          </div>
        ))}
      </dl>
      <p className="footnote">{t.outlook.text(format.bytes(readBytes))}</p>
      <Collapse
        size="small"
        items={[
          {
            key: 'line',
            label: t.outlook.assumed,
            children: (
              <div className="field-grid">
                <NumberField
                  label={t.outlook.line}
                  help={t.outlook.lineHelp}
                  path="line"
                  placeholder={String(USUAL_LINE)}
                  unit="Mbit/s"
                  min={1}
                  value={line}
                  onChange={(entered) => setLine(entered ?? USUAL_LINE)}
                />
                {PRICES.filter((name) => name === 'perGibRead' || requests !== null).map((name) => (
                  <PriceField
                    key={name}
                    label={t.outlook[name]}
                    value={prices[name]}
                    onChange={(entered) => setPrices((before) => ({ ...before, [name]: entered }))}
                  />
                ))}
              </div>
            ),
          },
        ]}
      />
    </section>
  );
}

function PriceField({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  const t = useTexts(texts);
  return (
    <NumberField
      label={label}
      help={t.outlook.priceHelp}
      path="price"
      placeholder="0"
      isFraction
      value={value}
      onChange={(entered) => onChange(entered ?? 0)}
    />
  );
}
