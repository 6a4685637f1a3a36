import type { HostScope } from '../domain/host-scope';
import { scopeWith } from './host-scope';

/** A whole host, by its files, onto the disk that is confirmed: what tests vary. */
export const WHOLE_SCOPE: HostScope = scopeWith({
  confirmedDisks: ['DISK1'],
  stopServices: ['shop'],
  machineId: 'new',
  serialConsole: true,
  probes: [{ kind: 'ssh', timeoutMs: 1_000 }],
  quarantineCap: 100,
});
