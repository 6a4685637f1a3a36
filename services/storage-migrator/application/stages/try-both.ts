import type { ProbeResult } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { assertNotSameStore } from '../probing/same-store';
import type { RunContext } from '../runs/run-context';

/**
 * Probes both sides, and really tries what will be written. Raises the first problem: what the target seems to lack then
 * is not a fact to plan with. Raises ENDPOINTS_SAME_STORE: an address may lead elsewhere than at the precheck.
 */
export async function tryBoth(context: RunContext, signal: AbortSignal) {
  const all = await allEnded<[ProbeResult, ProbeResult, Awaited<ReturnType<RunContext['writer']['tryWriting']>>]>([
    context.source.reader.probe(signal),
    context.target.reader.probe(signal),
    context.writer.tryWriting(signal),
  ]);
  const [problem] = all[2].problems;
  if (problem) throw new SmartantError(problem.code, problem.message, { kind: 'precondition', hint: problem.hint });
  await assertNotSameStore(context.source, context.target, signal);
  return all;
}

/** As Promise.all, but rejects only when all have ended: a connection must not be closed under a trial that has to clean up. */
export async function allEnded<T extends readonly unknown[]>(works: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(works);
  return (await Promise.all(works)) as unknown as T;
}
