import { SmartantError } from '@smartant/kernel';

export function unreachable(what: string, cause: unknown): SmartantError {
  return new SmartantError('GATEWAY_UNREACHABLE', `${what} cannot be reached.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'operator',
    hint: 'It is tried again by itself. If it stays so, check that it runs and that this pod may reach it.',
    cause,
  });
}

/** `said` is cut: it may repeat what was sent, so it must not be given anything that holds a secret. */
export function refused(what: string, status: number, said: string): SmartantError {
  return new SmartantError('GATEWAY_REFUSED', `${what} answered ${status}: ${said.slice(0, 300) || 'nothing more'}`, {
    kind: 'internal',
    retry: { kind: 'backoff' },
    actor: 'operator',
    hint: 'Check the version of Kong (3.9) and the rights of this service account.',
  });
}
