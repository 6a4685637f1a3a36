type Condition = (method: string, path: string) => boolean;

const PROBES = /^\/(livez|readyz|metrics)\b/;
let condition: Condition = () => false;

/** From now on, incoming HTTP requests that fit get no spans, nor does what is done for them. Replaces an earlier condition. */
export function leaveUntraced(fits: Condition): void {
  condition = fits;
}

export function isUntraced(method = '', url = ''): boolean {
  const query = url.indexOf('?');
  return PROBES.test(url) || condition(method, query < 0 ? url : url.slice(0, query));
}
