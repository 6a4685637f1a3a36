import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export function DeliveryState({ state }: { state: string }) {
  const t = useTexts(texts);
  return (
    <span className="health" data-health={state}>
      {t.states[state] ?? state}
    </span>
  );
}
