import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import { KeyForm } from '../../api-keys/parts/key-form';
import { SecretOnce } from '../../api-keys/parts/secret-once';
import { useCreateServiceAccountKey } from '../queries';
import { texts } from '../texts';
import { ROLES } from './role-select';

export interface ServiceAccountKeyProps {
  account: Schema<'ServiceAccount'>;
  workspace: string;
  onClose: () => void;
}

/** A new key of a service account: asked for, then shown once. */
export function ServiceAccountKey({ account: { id, name, role }, workspace, onClose }: ServiceAccountKeyProps) {
  const t = useTexts(texts);
  const { mutate, data, error, isPending } = useCreateServiceAccountKey(workspace, id);
  if (data) return <SecretOnce title={`${name}: ${data.name}`} secret={data.apiKey} onClose={onClose} />;
  const roles = ROLES.slice(0, ROLES.findIndex((each) => each === role) + 1);
  return (
    <KeyForm title={t.newKeyOf(name)} roles={roles} isBusy={isPending} error={error} onCreate={(wish) => mutate(wish)} onClose={onClose} />
  );
}
