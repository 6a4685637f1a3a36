import { SmartantError } from '@smartant/kernel';
import type { DestructiveOptions, Invocation } from '../invocation';
import { groupDigits } from '../output/numbers';

export interface FailuresOptions extends DestructiveOptions {
  /** Ids, or true for all open ones. */
  retry?: string[] | true;
  waive?: string[] | true;
  reason?: string;
}

/** Retries failures, or waives them on the record. Raises CLI_USAGE. */
export async function resolveFailures(invocation: Invocation, id: string, options: FailuresOptions): Promise<void> {
  const { api, messages, printer } = invocation;
  const resolution = readResolution(options);
  const named = options[resolution];
  const failureIds = Array.isArray(named) ? named : [];
  const reason = options.reason ?? '';
  if (resolution === 'waive') {
    if (reason.trim() === '') throw usage('--waive needs a reason, which the report will state.', 'Add --reason "…".');
    const count = failureIds.length || (await api.failures(id)).filter(({ state }) => state === 'open').length;
    if (!(await invocation.confirm(messages.asks.waive(groupDigits(count)), options))) return;
  }
  const resolved = await api.resolveFailures(id, { failureIds, resolution, reason });
  const text = groupDigits(resolved);
  printer.done({ resolved }, resolution === 'waive' ? messages.waived(text) : messages.retrying(text));
}

function readResolution({ retry, waive }: FailuresOptions): 'retry' | 'waive' {
  if (retry !== undefined && waive !== undefined) throw usage('--retry and --waive exclude each other.', 'Use one of them.');
  return waive !== undefined ? 'waive' : 'retry';
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint });
}
