import { Collapse } from 'antd';
import { use, useState, type ReactNode } from 'react';
import { FieldProblems, messageAt } from '../../../elements/field-problems';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface MoreOptionsProps {
  label: string;
  /** Where the API names what is in it: `spec.storage`. */
  root: string;
  names: readonly string[];
  /** The part of the plan that has them. */
  scope: object;
  children: ReactNode;
}

/** What few people need, folded away: with how much of it is set, and open where the API complains of something in it. */
export function MoreOptions({ label, root, names, scope, children }: MoreOptionsProps) {
  const t = useTexts(texts);
  const messages = use(FieldProblems);
  const isBlamed = names.some((name) => messageAt(messages, `${root}.${name}`) !== undefined);
  const [isOpen, setIsOpen] = useState(false);
  const [wasBlamed, setWasBlamed] = useState(false);
  // Opened when something in it is blamed, and not closed again under the hands of who mends it.
  if (isBlamed !== wasBlamed) {
    setWasBlamed(isBlamed);
    if (isBlamed) setIsOpen(true);
  }
  const set = names.filter((name) => (scope as Record<string, unknown>)[name] !== undefined).length;
  const title = set === 0 ? label : `${label} · ${t.chosenHere(String(set))}`;
  return (
    <Collapse
      size="small"
      activeKey={isOpen ? ['more'] : []}
      onChange={(keys) => setIsOpen(keys.length > 0)}
      items={[{ key: 'more', label: title, children: <div className="more-body">{children}</div> }]}
    />
  );
}
