import { useTexts } from '../../../language/texts';
import { AskedButton } from '../../alerts/parts/asked-button';
import { useAlertScope } from '../../alerts/scope';
import { useRemoveChannel, type Channel } from '../queries';
import { texts } from '../texts';

export function RemoveButton({ channel: { id, name } }: { channel: Channel }) {
  const t = useTexts(texts);
  const { mutate, isPending, error, reset } = useRemoveChannel(useAlertScope());
  return (
    <AskedButton
      text={t.acts.remove}
      label={t.actOf.remove(name)}
      title={t.removeTitle(name)}
      explanation={t.removeText}
      isDangerous
      isBusy={isPending}
      error={error}
      onConfirm={(close) => mutate(id, { onSuccess: close })}
      onLeave={reset}
    />
  );
}
