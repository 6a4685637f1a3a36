/** For options that may be repeated; without a default, which commander would show as "[]". */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}
