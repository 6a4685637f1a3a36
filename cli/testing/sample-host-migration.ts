import type { Migration } from '../api/api';
import { sampleMigration } from './sample-migration';

/** A host in its rounds, as the API tells of it. */
export function sampleHostMigration(changes: Partial<Migration> = {}): Migration {
  const base = sampleMigration({});
  return {
    ...base,
    spec: {
      kind: 'host',
      sourceEndpointId: base.spec.sourceEndpointId,
      targetEndpointId: base.spec.targetEndpointId,
      host: {
        engine: 'files',
        exclude: [],
        excludeMounts: [],
        layout: null,
        sizes: [],
        confirmedDisks: ['DISK1'],
        targetDirectory: '',
        imageBytes: 0,
        stopServices: ['nginx'],
        sourceAfter: 'keep',
        network: [],
        machineId: 'new',
        sshHostKeys: 'keep',
        hostname: '',
        disableGuestTools: true,
        serialConsole: true,
        takeOverTarget: false,
        actions: [],
        probes: [{ kind: 'ssh', timeoutMs: 300_000 }],
        verify: 'content',
        compress: 'auto',
        direct: 'auto',
        streams: 0,
        quarantineCap: 1_000,
      },
      limits: base.spec.limits,
      cutover: base.spec.cutover,
      incrementalIntervalSeconds: 300,
    },
    ...changes,
  };
}
