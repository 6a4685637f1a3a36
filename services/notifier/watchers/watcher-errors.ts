import { SmartantError } from '@smartant/kernel';

/** Another replica leads now: whatever this one has not written is found again by that one. */
export function leaseLost(): SmartantError {
  return new SmartantError('WATCHER_LEASE_LOST', 'Another replica watches the cluster now.', {
    kind: 'cancelled',
    actor: 'operator',
    hint: 'It goes on where this one was; nothing needs to be done.',
  });
}

export function kubeConfigInvalid(why: string, cause?: unknown): SmartantError {
  return new SmartantError('KUBERNETES_CONFIG_INVALID', `The access to the cluster is not usable: ${why}.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Give the pod its service account token, or name a kubeconfig in SMARTANT_KUBERNETES_CONFIG_FILE.',
    cause,
  });
}

export function unreachable(cause: unknown): SmartantError {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new SmartantError('KUBERNETES_UNREACHABLE', `The API server of the cluster cannot be reached: ${why}.`, {
    kind: 'unavailable',
    hint: 'See whether the API server runs, and whether a NetworkPolicy lets the notifier reach it.',
    cause,
  });
}

/** What a watch would go on from is no longer kept: the state has to be read anew. */
export function expired(): SmartantError {
  return new SmartantError('KUBERNETES_WATCH_EXPIRED', 'The API server no longer keeps the changes since the last one that was seen.', {
    kind: 'unavailable',
    retry: { kind: 'after', delayMs: 0 },
    hint: 'The state is read anew; nothing needs to be done.',
  });
}

/** `message` is the API server's own: it names the resource and the right that is missing, and no content. */
export function refused(status: number, message: string, retryAfterMs?: number): SmartantError {
  if (status === 401 || status === 403) {
    return new SmartantError('KUBERNETES_FORBIDDEN', `The API server refuses to answer (${status}): ${message}`, {
      kind: 'forbidden',
      actor: 'operator',
      hint: 'Give the notifier’s service account the role of the chart (notifier.kubernetes.watch), or watch fewer namespaces.',
    });
  }
  return new SmartantError('KUBERNETES_REFUSED', `The API server answered with ${status}: ${message}`, {
    kind: status === 429 ? 'too-many' : 'unavailable',
    retry: retryAfterMs === undefined ? { kind: 'backoff' } : { kind: 'after', delayMs: retryAfterMs },
    hint: 'It is asked again by itself; see the API server’s own log when it lasts.',
  });
}
