import { toSmartantError } from '@smartant/kernel';
import { redactText } from '@smartant/platform/logging';
import { inSpan } from '@smartant/platform/telemetry';
import { nextStep, type AttemptResult } from '../../domain/delivery-outcome';
import type { Channel, ChannelTypes } from '../ports/channel';
import { ChannelError } from '../ports/channel-error';
import type { AttemptOutcome, ClaimedDelivery, DeliveryQueue } from '../ports/delivery-queue';
import type { SecretBox } from '../ports/secret-box';
import type { AttemptRecord } from '../ports/stores';
import type { NotifierObserver } from './observer';

export interface SendTimes {
  /** Longest time of one attempt. */
  sendMs: number;
  /** How long a claim lasts; well over `sendMs`, with the time to write what came of it. */
  leaseMs: number;
  /** How long what may have been taken is not sent again. */
  doubtMs: number;
}

export interface SendTools {
  queue: DeliveryQueue;
  kinds: ChannelTypes;
  box: SecretBox;
  observer: NotifierObserver;
  times: SendTimes;
}

const OUTCOMES = { delivered: 'delivered', retry: 'retry', 'give-up': 'given-up', reconfigure: 'needs-attention' } as const;
const LONGEST_ERROR = 1_000;

interface Answer {
  result: AttemptResult;
  facts: Omit<AttemptRecord, 'at' | 'outcome' | 'durationMs'>;
  retryAfterMs?: number | undefined;
  /** Perhaps it was taken. */
  isDoubtful?: boolean;
}

/** One attempt at one delivery, from the claim to what is written of it. */
export class SendMessage {
  constructor(private readonly tools: SendTools) {}

  /** Resolves when its outcome is stored. What `signal` stops is left to the end of its lease: it may have been taken. */
  async attempt(delivery: ClaimedDelivery, signal: AbortSignal): Promise<AttemptRecord | null> {
    const { channel, message, traceId, spanId } = delivery;
    const attributes = {
      'smartant.delivery_id': delivery.id,
      'smartant.workspace_id': delivery.workspaceId,
      'smartant.channel_type': channel.type,
      'smartant.delivery_attempt': delivery.attempt,
      'smartant.alert_count': message.alertCount,
      ...(traceId === '' ? {} : { 'smartant.alert_trace_id': traceId }),
    };
    // An alert may be told hours later, and with others: no part of its trace, but what came of it.
    const origins = traceId === '' || spanId === '' ? [] : [{ traceId, spanId }];
    return inSpan('deliver notification', attributes, () => this.once(delivery, signal), origins);
  }

  private async once(delivery: ClaimedDelivery, signal: AbortSignal): Promise<AttemptRecord | null> {
    const at = new Date();
    const startedMs = performance.now();
    const answer = await this.send(delivery, signal);
    if (answer === null) return null;
    const isGivenUp = delivery.isLast && answer.result === 'retry';
    const outcome = isGivenUp ? 'given-up' : OUTCOMES[answer.result];
    const attempt = { at, outcome, durationMs: performance.now() - startedMs, ...answer.facts } as const;
    await this.record(delivery, answer, attempt);
    return attempt;
  }

  private async record(delivery: ClaimedDelivery, answer: Answer, attempt: AttemptRecord): Promise<void> {
    const { queue, observer, times } = this.tools;
    const standing = {
      failures: delivery.failures + 1,
      channelFailures: delivery.channelFailures + 1,
      isOver: delivery.isLast,
      hasFallback: delivery.fallbackChannelId !== null,
      retryAfterMs: answer.isDoubtful ? Math.max(times.doubtMs, answer.retryAfterMs ?? 0) : answer.retryAfterMs,
    };
    const next = nextStep(answer.result, standing, Math.random());
    const outcome: AttemptOutcome = { attempt, next, channelPauseMs: answer.retryAfterMs };
    await queue.record(delivery, outcome);
    const facts = { id: delivery.id, channelId: delivery.channel.id, workspaceId: delivery.workspaceId };
    observer.attempted(facts, delivery.channel.type, attempt);
    if (next.state === 'fallen-back') observer.fellBack(facts, delivery.fallbackChannelId ?? '');
  }

  /** Null: this process is told to stop. */
  private async send({ channel, message }: ClaimedDelivery, stopping: AbortSignal): Promise<Answer | null> {
    const late = AbortSignal.timeout(this.tools.times.sendMs);
    let opened: Channel | undefined;
    try {
      const kind = this.tools.kinds.get(channel.type);
      if (!kind) return refused('reconfigure', 'NOTIFY_CHANNEL_UNKNOWN', `This version knows no channels of type ${channel.type}.`);
      const secrets = channel.secrets === null ? {} : this.tools.box.open(channel.workspaceId, channel.id, channel.secrets);
      opened = kind.open(channel.settings, secrets);
      const { providerId } = await opened.send(message, AbortSignal.any([late, stopping]));
      return { result: 'delivered', facts: { errorCode: '', errorMessage: '', providerId, providerCode: '' } };
    } catch (error) {
      if (stopping.aborted) return null;
      if (late.aborted)
        return {
          ...refused('retry', 'NOTIFY_SEND_TIMEOUT', 'The provider gave no answer in time: it may have been taken.'),
          isDoubtful: true,
        };
      return answerOf(error);
    } finally {
      await opened?.close?.().catch(() => undefined);
    }
  }
}

function answerOf(error: unknown): Answer {
  const { code, message, kind } = toSmartantError(error);
  if (error instanceof ChannelError) {
    const { refusal, providerCode, retryAfterMs } = error;
    return { ...refused(refusal, code, message, providerCode), retryAfterMs };
  }
  // Of ours: secrets that can't be opened want a person; anything else may pass.
  return refused(kind === 'precondition' ? 'reconfigure' : 'retry', code, message);
}

function refused(result: Exclude<AttemptResult, 'delivered'>, errorCode: string, text: string, providerCode = ''): Answer {
  const errorMessage = redactText(text).slice(0, LONGEST_ERROR).replaceAll('\u0000', '').toWellFormed();
  return { result, facts: { errorCode, errorMessage, providerId: '', providerCode: providerCode.slice(0, 200) } };
}
