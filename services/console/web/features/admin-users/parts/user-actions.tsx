import { Button, Popconfirm } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import { useMay } from '../../../session/use-session';
import { texts } from '../texts';

export interface UserActionsProps {
  user: Schema<'User'>;
  onSetDisabled: (disabled: boolean) => void;
  onResetSecondFactor: () => void;
}

/** Each says what it will do before it does. */
export function UserActions({ user: { username, disabled }, onSetDisabled, onResetSecondFactor }: UserActionsProps) {
  const t = useTexts(texts);
  const mayReset = useMay('second-factor:reset');
  return (
    <div className="buttons row-buttons">
      {mayReset && (
        <Popconfirm
          title={t.resetTitle(username)}
          description={t.resetText}
          okText={t.reset}
          cancelText={t.keep}
          onConfirm={onResetSecondFactor}
        >
          <Button size="small" aria-label={t.resetOf(username)}>
            {t.reset}
          </Button>
        </Popconfirm>
      )}
      {disabled ? (
        <Button size="small" aria-label={t.enableOf(username)} onClick={() => onSetDisabled(false)}>
          {t.enable}
        </Button>
      ) : (
        <Popconfirm
          title={t.disableTitle(username)}
          description={t.disableText}
          okText={t.disable}
          okButtonProps={{ danger: true }}
          cancelText={t.keep}
          onConfirm={() => onSetDisabled(true)}
        >
          <Button size="small" danger aria-label={t.disableOf(username)}>
            {t.disable}
          </Button>
        </Popconfirm>
      )}
    </div>
  );
}
