import { ChannelError } from '../../application/ports/channel-error';
import type { Sent } from '../../application/ports/channel';

const KEPT_MESSAGES = 2_000;
/** Of what all recipients of a channel have in common: the rest would fare no better. */
const FOR_ALL = new Set([
  'NOTIFY_CHANNEL_UNREACHABLE',
  'NOTIFY_CHANNEL_TIMEOUT',
  'NOTIFY_CHANNEL_PROVIDER_FAILED',
  'NOTIFY_CHANNEL_ANSWER_INVALID',
]);
const LONGEST_IDS = 500;

/**
 * Who has a message already, of channels that send to each recipient apart: an attempt that is made again goes to the others alone. Kept
 * in memory: after a restart in between, those who have it may get it again.
 */
export class PartialDeliveries {
  private readonly taken = new Map<string, Map<string, string>>();

  /**
   * Sends to each in turn. `sendOne` gives the provider's id. Where some did not get it, the error that can be mended by time is raised
   * before one that a person must mend, and that before one that nobody can; it says how many have it.
   */
  async toEach(messageId: string, recipients: readonly string[], sendOne: (recipient: string) => Promise<string>): Promise<Sent> {
    const taken = this.of(messageId);
    const errors: ChannelError[] = [];
    for (const recipient of recipients.filter((each) => !taken.has(each))) {
      try {
        taken.set(recipient, await sendOne(recipient));
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        errors.push(error);
        if (error.refusal === 'reconfigure' || FOR_ALL.has(error.code)) break;
      }
    }
    return this.outcome(messageId, recipients, taken, errors);
  }

  /** The same for providers that are asked once for all and answer for each. */
  of(messageId: string): Map<string, string> {
    const known = this.taken.get(messageId) ?? new Map<string, string>();
    this.taken.delete(messageId);
    if (this.taken.size >= KEPT_MESSAGES) this.taken.delete(this.taken.keys().next().value ?? '');
    this.taken.set(messageId, known);
    return known;
  }

  outcome(messageId: string, recipients: readonly string[], taken: ReadonlyMap<string, string>, errors: readonly ChannelError[]): Sent {
    const first = (['retry', 'reconfigure', 'give-up'] as const).flatMap((kind) => errors.filter(({ refusal }) => refusal === kind))[0];
    const have = recipients.filter((each) => taken.has(each)).length;
    if (first) throw have === 0 ? first : withCount(first, have, recipients.length);
    this.taken.delete(messageId);
    const ids = [...new Set(recipients.map((each) => taken.get(each) ?? ''))].filter((id) => id !== '').join(',');
    return { providerId: ids.slice(0, LONGEST_IDS) };
  }
}

function withCount(error: ChannelError, have: number, all: number): ChannelError {
  const { code, message, refusal, providerCode, retryAfterMs, hint } = error;
  return new ChannelError(code, `${message} ${have} of ${all} recipients have it.`, refusal, { providerCode, retryAfterMs, hint });
}
