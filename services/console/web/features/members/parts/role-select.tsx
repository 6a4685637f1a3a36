import { Select } from 'antd';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** The roles of a workspace. That of the platform is nobody's to give here. */
export const ROLES = ['viewer', 'operator', 'owner'] as const;
export type WorkspaceRole = (typeof ROLES)[number];

export interface RoleSelectProps {
  value?: WorkspaceRole;
  onChange?: (role: WorkspaceRole) => void;
  label?: string;
  isBusy?: boolean;
  id?: string;
}

export function RoleSelect({ value, onChange, label, isBusy, id }: RoleSelectProps) {
  const t = useTexts(texts);
  return (
    <Select<WorkspaceRole>
      id={id}
      aria-label={label}
      value={value}
      onChange={onChange}
      loading={isBusy}
      disabled={isBusy}
      popupMatchSelectWidth={false}
      options={ROLES.map((role) => ({ value: role, label: t.rolesExplained[role] }))}
      labelRender={({ value: chosen }) => t.roles[chosen as WorkspaceRole]}
    />
  );
}
