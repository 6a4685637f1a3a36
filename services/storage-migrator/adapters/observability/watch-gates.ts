import { gauge } from '@smartant/platform/metrics';
import type { Gate } from '@smartant/shards';

const inUse = gauge('smartant_storage_gate_in_use', 'Objects in flight, or bytes of buffers that are held, by gate.', ['gate']);
const waiting = gauge('smartant_storage_gate_waiting', 'Objects, or bytes, that wait at a gate.', ['gate']);
const limit = gauge('smartant_storage_gate_limit', 'What a gate lets in at once: objects, or bytes.', ['gate']);

/** Use and saturation of what this process shares out between its runs. Asked for when metrics are scraped. */
export function watchGates(gates: Record<'memory_bytes' | 'objects', Pick<Gate, 'inUse' | 'waiting' | 'limit'>>): void {
  // The first of the three asks for all: they are read in the order in which they were made.
  Object.assign(inUse, {
    collect: () => {
      for (const [name, gate] of Object.entries(gates)) {
        inUse.set({ gate: name }, gate.inUse);
        waiting.set({ gate: name }, gate.waiting);
        limit.set({ gate: name }, gate.limit);
      }
    },
  });
}
