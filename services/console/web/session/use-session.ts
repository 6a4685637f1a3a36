import { useSyncExternalStore } from 'react';
import { session, type Identity, type SessionState } from './session';

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, () => session.state);
}

/** Whom the page is for. Only below the frame, which shows nothing before somebody has signed in. */
export function useIdentity(): Identity {
  const state = useSession();
  if (state.kind === 'signed-in' || state.kind === 'expired') return state.identity;
  throw new TypeError('nobody is signed in');
}

/** Whether the user may do it, by the permission that the API's document names for the operation. What is not allowed is not shown. */
export function useMay(permission: string): boolean {
  return useIdentity().permissions.includes(permission);
}
