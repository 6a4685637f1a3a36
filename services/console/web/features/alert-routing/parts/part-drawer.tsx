import { Drawer } from 'antd';
import { useTexts } from '../../../language/texts';
import type { NamedList, NamedParts, RoutingDocument } from '../routing-document';
import { texts } from '../texts';
import { CalendarForm, freshWindow } from './calendar-form';
import { EscalationForm } from './escalation-form';
import { InhibitionForm } from './inhibition-form';
import { RotationForm } from './rotation-form';
import { OWN_ZONE } from './time-zone-input';

export interface PartDrawerProps {
  list: NamedList;
  /** Undefined: a new one. */
  at: number | undefined;
  document: RoutingDocument;
  onDone: (part: NamedParts[NamedList]) => void;
  onClose: () => void;
}

const WIDTH = 680;

/** Changes one thing that routes name, or makes another. */
export function PartDrawer({ list, at, document, onDone, onClose }: PartDrawerProps) {
  const t = useTexts(texts);
  const path = `document.${list}.${at ?? document[list]?.length ?? 0}`;
  const form = () => {
    if (list === 'calendars') return <CalendarForm part={given('calendars') ?? freshCalendar()} path={path} onDone={onDone} />;
    if (list === 'rotations') return <RotationForm part={given('rotations') ?? freshRotation()} path={path} onDone={onDone} />;
    if (list === 'inhibitions') return <InhibitionForm part={given('inhibitions') ?? freshInhibition()} path={path} onDone={onDone} />;
    const rotations = document.rotations ?? [];
    return <EscalationForm part={given('escalations') ?? freshEscalation()} path={path} rotations={rotations} onDone={onDone} />;
  };
  const given = <List extends NamedList>(name: List) =>
    at === undefined ? undefined : (document[name]?.[at] as NamedParts[List] | undefined);
  return (
    <Drawer open size={WIDTH} title={t.lists[list].one} closable={{ 'aria-label': t.close }} onClose={onClose}>
      {form()}
    </Drawer>
  );
}

const freshCalendar = () => ({ name: '', timeZone: OWN_ZONE, windows: [freshWindow()] });
const freshRotation = () => ({
  name: '',
  timeZone: OWN_ZONE,
  from: new Date().toISOString().slice(0, 10),
  handover: '09:00',
  days: 7,
  turns: [{ name: '', channels: [] }],
});
const freshEscalation = () => ({ name: '', steps: [{ after: '15m', channels: [] }] });
const freshInhibition = () => ({ name: '', source: [], target: [], equal: [] });
