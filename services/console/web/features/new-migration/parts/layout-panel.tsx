import { Button, InputNumber } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { placesOf, withSizes, type SizedPlace } from '../host-layout';
import type { HostScope } from '../plan';
import { texts } from '../texts';

const GIB = 1024 ** 3;

export interface LayoutPanelProps {
  layout: Schema<'HostLayout'>;
  sizes: HostScope['sizes'];
  /** Other sizes: the plan changes, and is checked again. */
  onSizes: (sizes: HostScope['sizes']) => void;
}

/** What the target's disks are to look like, where sizes can be changed. */
export function LayoutPanel({ layout, sizes, onSizes }: LayoutPanelProps) {
  const t = useTexts(texts);
  const h = t.host;
  const format = useFormats();
  const [wanted, setWanted] = useState<Record<string, number>>({});
  const isChanged = Object.keys(wanted).length > 0;
  return (
    <section aria-label={h.layout}>
      <h3>{h.layout}</h3>
      <p className="quiet">{h.layoutHelp}</p>
      <table className="layout-table">
        <thead>
          <tr>
            <th scope="col">{h.place}</th>
            <th scope="col">{h.content}</th>
            <th scope="col">{t.size}</th>
            <th scope="col">{h.otherSize}</th>
          </tr>
        </thead>
        <tbody>
          {placesOf(layout).map((place) => (
            <PlaceRow
              key={place.name}
              place={place}
              size={format.bytes(place.sizeBytes)}
              wanted={place.key === undefined ? undefined : wanted[place.key]}
              onWanted={(bytes) =>
                setWanted(({ [place.key!]: _, ...others }) => (bytes === null ? others : { ...others, [place.key!]: bytes }))
              }
            />
          ))}
        </tbody>
      </table>
      {layout.excluded.length > 0 && <p className="footnote">{h.layoutExcluded(layout.excluded.join(', '))}</p>}
      <Button disabled={!isChanged} onClick={() => onSizes(withSizes(sizes, wanted))}>
        {h.applySizes}
      </Button>
    </section>
  );
}

interface PlaceRowProps {
  place: SizedPlace;
  size: string;
  wanted: number | undefined;
  onWanted: (bytes: number | null) => void;
}

function PlaceRow({ place, size, wanted, onWanted }: PlaceRowProps) {
  const h = useTexts(texts).host;
  return (
    <tr data-level={place.level}>
      <td>
        <code>{place.name}</code>
      </td>
      <td>{place.content}</td>
      <td>{size}</td>
      <td>
        {place.key !== undefined && (
          <InputNumber
            aria-label={h.otherSizeOf(place.key)}
            min={0}
            suffix="GiB"
            size="small"
            value={wanted === undefined ? null : wanted / GIB}
            onChange={(entered) => onWanted(entered === null ? null : Math.round(entered * GIB))}
          />
        )}
      </td>
    </tr>
  );
}
