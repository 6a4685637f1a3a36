/** For options that may be repeated: commander's default is shared, so a new list is made each time. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
