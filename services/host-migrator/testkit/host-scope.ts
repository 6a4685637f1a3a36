import type { HostScope } from '../domain/host-scope';

/** A scope of defaults, as the scheduler would order it. */
export function scopeWith(change: Partial<HostScope> = {}): HostScope {
  return {
    engine: 'files',
    exclude: [],
    excludeMounts: [],
    layout: null,
    sizes: [],
    confirmedDisks: [],
    targetDirectory: '',
    imageBytes: 0,
    stopServices: [],
    sourceAfter: 'keep',
    network: [],
    machineId: 'keep',
    sshHostKeys: 'keep',
    hostname: '',
    disableGuestTools: false,
    serialConsole: false,
    takeOverTarget: false,
    actions: [],
    probes: [],
    verify: 'content',
    compress: 'auto',
    direct: 'auto',
    streams: 0,
    quarantineCap: 1_000,
    ...change,
  };
}
