import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { MachineKeySource } from '../application/ports';
import type { MachineKey } from '../domain/gateway-credentials';

/** A mounted secret: one file for each machine, named as its consumer. Read anew each time, because secrets change while mounted. */
export class MachineKeyFolder implements MachineKeySource {
  /** Undefined: there are no machines. */
  constructor(private readonly folder: string | undefined) {}

  async read(): Promise<MachineKey[]> {
    const { folder } = this;
    if (folder === undefined) return [];
    try {
      // Kubernetes keeps its links "..data" and "..2026_…" beside the files.
      const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
      return await Promise.all(names.map(async (consumer) => ({ consumer, key: (await readFile(join(folder, consumer), 'utf8')).trim() })));
    } catch (error) {
      throw new SmartantError('GATEWAY_KEYS_UNREADABLE', `The keys of machines could not be read from ${folder}.`, {
        kind: 'unavailable',
        retry: { kind: 'backoff' },
        actor: 'operator',
        hint: 'Mount the secret with one file for each machine there: SMARTANT_MACHINE_KEYS_DIR.',
        cause: error,
      });
    }
  }
}
