import { session } from './session';

const channel = new BroadcastChannel('smartant-session');

/** One cookie is the session of all tabs: who signs out in one has signed out in all. */
export function followOtherTabs(): void {
  channel.onmessage = () => session.forget();
}

export async function signOutEverywhere(): Promise<void> {
  await session.signOut();
  channel.postMessage('signed-out');
}
