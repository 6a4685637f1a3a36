import type { TestHost } from '@smartant/test-servers';
import type { HostEndpoint, TranscriptEntry } from '../../../application/ports/host-engine';
import { openHostSession, type HostSession } from '../session/host-session';

/** The endpoint of a test host. `as`: signs in as root with the key, or as "mover" who becomes root by sudo. */
export function endpointOf(host: TestHost, { as = 'root', becomePassword = host.mover.password } = {}): HostEndpoint {
  const location = as === 'root' ? host.location : { ...host.location, user: as, become: 'sudo' as const };
  return {
    id: `host-${host.location.host}`,
    location,
    secret: async () => ({ kind: 'ssh', privateKeyPem: host.privateKeyPem, becomePassword }),
  };
}

/** A session whose transcript is kept. No guard: test hosts have private addresses. */
export async function openTestSession(
  endpoint: HostEndpoint,
  signal: AbortSignal,
): Promise<{ session: HostSession; transcript: TranscriptEntry[] }> {
  const transcript: TranscriptEntry[] = [];
  const session = await openHostSession(
    endpoint,
    { guard: {}, transcript: (entry) => void transcript.push(entry), host: 'source' },
    signal,
  );
  return { session, transcript };
}
