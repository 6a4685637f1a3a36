/** RFC 6901. Undefined where nothing is there. */
export function atPointer(value: unknown, pointer: string): unknown {
  const steps = pointer === '' ? [] : pointer.slice(1).split('/');
  return steps.reduce<unknown>((current, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof current === 'object' && current !== null && Object.hasOwn(current, name)
      ? (current as Record<string, unknown>)[name]
      : undefined;
  }, value);
}
