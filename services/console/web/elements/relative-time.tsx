import { Tooltip } from 'antd';
import { useFormats } from '../language/format';
import { useNow } from './use-now';

/** "3 minutes ago", with the exact time and its zone for who points at it or reads with a screen reader. */
export function RelativeTime({ at }: { at: string }) {
  const format = useFormats();
  const now = useNow();
  const atMs = Date.parse(at);
  return (
    <Tooltip title={format.absolute(atMs)}>
      <time dateTime={at}>{format.relative(atMs, now)}</time>
    </Tooltip>
  );
}
