import { SmartantError, toSmartantError } from './errors';

describe('SmartantError', () => {
  it('names who must act by its kind, unless told', () => {
    expect(new SmartantError('INTERNAL_ERROR', 'x', { kind: 'internal' }).actor).toBe('bug');
    expect(new SmartantError('VALUE_INVALID', 'x', { kind: 'invalid' }).actor).toBe('user');
    expect(new SmartantError('VALUE_INVALID', 'x', { kind: 'unavailable', actor: 'user' }).actor).toBe('user');
  });

  it('may be tried again by default only where the other side was unavailable or late', () => {
    const kinds = ['invalid', 'internal', 'conflict', 'too-many', 'unavailable', 'timeout'] as const;
    const retryable = kinds.filter((kind) => new SmartantError('VALUE_INVALID', 'x', { kind }).retryable);
    expect(retryable).toEqual(['unavailable', 'timeout']);
  });

  it('keeps itself, and keeps a foreign error as its cause without its text', () => {
    const own = new SmartantError('VALUE_INVALID', 'x', { kind: 'invalid' });
    expect(toSmartantError(own)).toBe(own);
    const foreign = toSmartantError(new Error('password=hunter2'));
    expect(foreign).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
    expect(foreign.message).not.toContain('hunter2');
    expect(foreign.cause).toBeInstanceOf(Error);
  });

  it('takes an abort for a cancellation', () => {
    expect(toSmartantError(new DOMException('stop', 'AbortError')).code).toBe('CANCELLED');
  });
});
