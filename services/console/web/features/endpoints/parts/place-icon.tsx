import CloudServerOutlined from '@ant-design/icons/CloudServerOutlined';
import DatabaseOutlined from '@ant-design/icons/DatabaseOutlined';
import FolderOutlined from '@ant-design/icons/FolderOutlined';
import HddOutlined from '@ant-design/icons/HddOutlined';
import InboxOutlined from '@ant-design/icons/InboxOutlined';
import type { LocationKind } from '../endpoint-fields';

const ICONS = {
  s3: InboxOutlined,
  file: FolderOutlined,
  postgres: DatabaseOutlined,
  ssh: CloudServerOutlined,
  image: HddOutlined,
};

export function PlaceIcon({ kind }: { kind: LocationKind }) {
  const Icon = ICONS[kind];
  return <Icon className="place-icon" aria-hidden="true" />;
}
