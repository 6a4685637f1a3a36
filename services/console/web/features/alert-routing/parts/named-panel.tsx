import { Button } from 'antd';
import { use, type ReactNode } from 'react';
import { FieldProblems, messageAt } from '../../../elements/field-problems';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import type { NamedList, NamedParts, RoutingDocument } from '../routing-document';
import { spanText } from '../span-text';
import { texts } from '../texts';
import { useChannelWords } from './channel-select';

export interface NamedPanelProps {
  list: NamedList;
  document: RoutingDocument;
  /** Absent where nothing may be changed. `at` undefined: a new one. */
  onOpen?: (at: number | undefined) => void;
  onRemove: (at: number) => void;
}

/** What routes name: calendars, who is on call, escalations; and what holds alerts back. */
export function NamedPanel({ list, document, onOpen, onRemove }: NamedPanelProps) {
  const t = useTexts(texts);
  const messages = use(FieldProblems);
  const words = t.lists[list];
  const parts = document[list] ?? [];
  return (
    <section className="panel" aria-label={words.title}>
      <div className="panel-head">
        <div>
          <h2>{words.title}</h2>
          <p className="quiet">{words.text}</p>
        </div>
        {onOpen && (
          <Button size="small" aria-label={`${t.addPart}: ${words.one}`} onClick={() => onOpen(undefined)}>
            {t.addPart}
          </Button>
        )}
      </div>
      <ul className="rows">
        {parts.map((part, at) => {
          const message = messageAt(messages, `document.${list}.${at}`);
          return (
            <li key={`${at} ${part.name}`}>
              <div>
                <strong>{part.name}</strong>
                {onOpen && (
                  <span className="row-actions">
                    <Button size="small" aria-label={`${t.acts.change}: ${part.name}`} onClick={() => onOpen(at)}>
                      {t.acts.change}
                    </Button>
                    <Button size="small" aria-label={`${t.acts.remove}: ${part.name}`} onClick={() => onRemove(at)}>
                      {t.acts.remove}
                    </Button>
                  </span>
                )}
              </div>
              <PartWords list={list} part={part} />
              {message && (
                <p className="field-message" role="alert">
                  {message}
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function PartWords({ list, part }: { list: NamedList; part: NamedParts[NamedList] }): ReactNode {
  const t = useTexts(texts);
  const format = useFormats();
  const words = useChannelWords();
  const daysOf = (days: readonly string[]) => days.map((day) => t.days[day as keyof typeof t.days] ?? day).join(' ');
  const lines: Record<NamedList, () => string[]> = {
    calendars: () => {
      const { windows, timeZone } = part as NamedParts['calendars'];
      return [...windows.map(({ days, from, to }) => `${daysOf(days)} ${from}–${to}`), timeZone];
    },
    rotations: () => {
      const { turns, days = 7, handover = '09:00', from, timeZone } = part as NamedParts['rotations'];
      return [
        turns.map(({ name, channels }) => `${name} (${channels.map(words).join(', ')})`).join(' → '),
        t.rotationText(String(days), handover, timeZone, from),
      ];
    },
    escalations: () =>
      (part as NamedParts['escalations']).steps.map(({ after, channels }) =>
        t.stepText(spanText(format, after), channels.map(words).join(', ')),
      ),
    inhibitions: () => {
      const { source, target, equal = [] } = part as NamedParts['inhibitions'];
      return [t.inhibitionText(source.join(' '), target.join(' ')), ...(equal.length > 0 ? [t.equalText(equal.join(', '))] : [])];
    },
  };
  return (
    <span className="lines quiet">
      {lines[list]().map((line) => (
        <span key={line}>{line}</span>
      ))}
    </span>
  );
}
