import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { SmartantError } from '@smartant/kernel';
import { abortable, type EgressGuard } from '@smartant/platform/egress';
import { z } from 'zod';
import { ChannelError } from '../../application/ports/channel-error';
import type { Channel, ChannelLimits, ChannelType, JsonSchema, Sent } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { refused } from '../channel-refusals';
import type { PartialDeliveries } from './partial-deliveries';
import { SecretTexts } from './secret-texts';
import type { TokenCache } from './token-cache';

/** What every channel type is made with. */
export interface ChannelDependencies {
  readonly guard: EgressGuard;
  /** Of one attempt as a whole. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  /** Shared by all channels, since a channel may be opened for one message only. */
  readonly tokens: TokenCache;
  readonly partial: PartialDeliveries;
}

export interface ChannelDefinition<S extends z.ZodObject, K extends z.ZodObject> {
  readonly type: string;
  readonly limits: ChannelLimits;
  /** The one source of the form, the check and the type. */
  readonly settings: S;
  /** Of texts only. */
  readonly secrets: K;
  /** What no single field says. */
  check?(settings: z.output<S>, secrets: z.output<K>): { field: string; message: string }[];
  open(settings: z.output<S>, secrets: z.output<K>): Channel;
}

/** A channel type from its definition: forms and checks are made of the schemas, and what `send` raises is held to the port. */
export function channelType<S extends z.ZodObject, K extends z.ZodObject>(
  { timeoutMs }: Pick<ChannelDependencies, 'timeoutMs'>,
  definition: ChannelDefinition<S, K>,
): ChannelType {
  const { type, limits } = definition;
  const read = (settings: unknown, secrets: unknown) => ({
    settings: definition.settings.safeParse(settings),
    secrets: definition.secrets.safeParse(secrets),
  });
  return {
    type,
    limits,
    // Made when they are asked for: sending needs none.
    get settingsSchema() {
      return jsonSchema(definition.settings);
    },
    get secretsSchema() {
      return jsonSchema(definition.secrets);
    },
    check: (given, givenSecrets) => {
      const { settings, secrets } = read(given, givenSecrets);
      const problems = [...problemsOf('settings', settings.error), ...problemsOf('secrets', secrets.error)];
      if (!settings.success || !secrets.success) return problems;
      return definition.check?.(settings.data, secrets.data) ?? [];
    },
    open: (given, givenSecrets) => {
      const { settings, secrets } = read(given, givenSecrets);
      if (settings.success && secrets.success)
        return held(definition.open(settings.data, secrets.data), timeoutMs, new SecretTexts(secrets.data));
      const fields = [...problemsOf('settings', settings.error), ...problemsOf('secrets', secrets.error)].map(({ field }) => field);
      throw refused('settings', { detail: [...new Set(fields)].join(', ') });
    },
  };
}

function jsonSchema(schema: z.ZodObject): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

/** Zod tells what was expected and never repeats what it was given. */
function problemsOf(area: string, error: z.ZodError | undefined): { field: string; message: string }[] {
  return (error?.issues ?? []).map(({ path, message }) => ({ field: [area, ...path.map(String)].join('.'), message }));
}

/** Holds a channel to the port's word, whatever its client does: one time limit, the caller's signal, and no other errors. */
function held(channel: Channel, timeoutMs: number, secrets: SecretTexts): Channel {
  const send = async (message: Message, signal: AbortSignal): Promise<Sent> => {
    const limit = AbortSignal.timeout(timeoutMs);
    const both = AbortSignal.any([signal, limit]);
    try {
      both.throwIfAborted();
      const { providerId } = await abortable(
        untraced(() => channel.send(message, both)),
        both,
      );
      return { providerId: secrets.without(providerId) };
    } catch (error) {
      if (signal.aborted) throw cancelled();
      if (limit.aborted) throw refused('timeout');
      throw error instanceof ChannelError ? secrets.withoutIn(error) : refused('broken', { detail: nameOf(error) });
    }
  };
  return { send, ...(channel.close === undefined ? {} : { close: () => channel.close?.() ?? Promise.resolve() }) };
}

/** Spans of HTTP clients hold whole addresses, and here tokens are in them; nor is the trace any of the provider's business. */
function untraced<T>(work: () => Promise<T>): Promise<T> {
  return context.with(suppressTracing(context.active()), work);
}

function cancelled(): SmartantError {
  return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user' });
}

/** A class of errors, and never an error's text. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}
