import { useQuery } from '@tanstack/react-query';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import '../../../look/alerting.css';
import { alertsQuery } from '../queries';
import { useWorkspaceScope } from '../scope';
import { texts } from '../texts';

const COUNTED = 20;
const LOOKED_MS = 30_000;

/** Beside the menu's line, where something of the workspace fires. It is counted as far as one small page goes. */
export default function FiringCount() {
  const t = useTexts(texts);
  const format = useFormats();
  const scope = useWorkspaceScope();
  const { data } = useQuery({ ...alertsQuery(scope, { status: 'firing', pageSize: COUNTED }), refetchInterval: LOOKED_MS });
  const count = data?.items.length ?? 0;
  if (count === 0) return null;
  const text = `${format.count(count)}${data?.nextPageToken ? '+' : ''}`;
  return (
    <span className="menu-mark">
      <span aria-hidden="true">{text}</span>
      <span className="for-readers">{t.firingCount(text)}</span>
    </span>
  );
}
