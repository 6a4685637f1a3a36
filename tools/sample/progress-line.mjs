const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes) {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

export const formatCount = (count) => Math.round(count).toLocaleString('en-US');

/** "1 object", "2,000 objects". */
export const formatMany = (count, one) => `${formatCount(count)} ${one}${Math.round(count) === 1 ? '' : 's'}`;

/** Lets one line through per interval (and the last one always), so that a log without a terminal stays readable. */
export function throttled(say, intervalMs = 1_000) {
  let saidMs = -Infinity;
  return (makeLine, { last = false } = {}) => {
    const nowMs = performance.now();
    if (!last && nowMs - saidMs < intervalMs) return;
    saidMs = nowMs;
    say(makeLine());
  };
}
