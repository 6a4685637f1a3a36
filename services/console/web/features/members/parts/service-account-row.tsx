import { Button, Tag } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import { ConfirmedButton } from './confirmed-button';
import { RoleSelect } from './role-select';

export interface ServiceAccountRowProps {
  account: Schema<'ServiceAccount'>;
  isBusy: boolean;
  onUpdate: (change: Schema<'UpdateServiceAccountRequest'>) => void;
  onDelete: () => void;
  onNewKey: () => void;
}

export function ServiceAccountRow({ account, isBusy, onUpdate, onDelete, onNewKey }: ServiceAccountRowProps) {
  const t = useTexts(texts);
  const { name, role, disabled } = account;
  return (
    <li>
      <div>
        <span>
          <strong className="unit">{name}</strong> {disabled && <Tag color="error">{t.disabled}</Tag>}
        </span>
        <div className="buttons">
          {role !== 'admin' && (
            <RoleSelect label={t.roleOf(name)} value={role} isBusy={isBusy} onChange={(wanted) => onUpdate({ role: wanted })} />
          )}
          <Button size="small" disabled={disabled} aria-label={t.newKeyOf(name)} onClick={onNewKey}>
            {t.newKey}
          </Button>
          <Button
            size="small"
            loading={isBusy}
            aria-label={disabled ? t.enableOf(name) : t.disableOf(name)}
            onClick={() => onUpdate({ disabled: !disabled })}
          >
            {disabled ? t.enable : t.disable}
          </Button>
          <ConfirmedButton
            text={t.delete}
            label={t.deleteOf(name)}
            title={t.deleteTitle(name)}
            description={t.deleteText}
            onConfirm={onDelete}
          />
        </div>
      </div>
    </li>
  );
}
