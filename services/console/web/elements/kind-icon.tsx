import CloudServerOutlined from '@ant-design/icons/CloudServerOutlined';
import DatabaseOutlined from '@ant-design/icons/DatabaseOutlined';
import InboxOutlined from '@ant-design/icons/InboxOutlined';
import { useTexts } from '../language/texts';
import { texts } from './texts';

export type MigrationKind = 'host' | 'database' | 'storage';

export const KIND_ICONS = { host: CloudServerOutlined, database: DatabaseOutlined, storage: InboxOutlined };

export function KindLabel({ kind }: { kind: MigrationKind }) {
  const t = useTexts(texts);
  const Icon = KIND_ICONS[kind];
  return (
    <span className="kind">
      <Icon aria-hidden="true" /> {t.kinds[kind]}
    </span>
  );
}
