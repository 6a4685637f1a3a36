import type { Message } from '../../domain/message';

/** What came of an attempt that did not deliver, by the provider's own codes. */
export type Refusal =
  /** The provider is down, slow, or says "later". */
  | 'retry'
  /** This message will never be taken: too long, forbidden words, unknown recipient. */
  | 'give-up'
  /** Nothing will be taken until a person corrects the channel: a wrong token, an expired key, no balance. */
  | 'reconfigure';

export interface ChannelLimits {
  /** Messages a minute that the provider takes from one channel; 0: no limit is known. */
  readonly messagesPerMinute: number;
  /** The longest message, bytes of UTF-8 in the field that the provider bounds. */
  readonly messageBytes: number;
}

export interface Sent {
  /** The provider's id of the message; empty where it gives none. */
  readonly providerId: string;
}

/** One configured way to people. Sends one message at a time; knows nothing of routes, retries and quotas. */
export interface Channel {
  /**
   * Delivers, cutting what is too long with a link to the rest. Raises ChannelError, and nothing else but CANCELLED when the
   * signal fires. Never repeats by itself, and writes no secret into an error.
   */
  send(message: Message, signal: AbortSignal): Promise<Sent>;
  close?(): Promise<void>;
}

/** A JSON Schema (draft 2020-12) of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A kind of channel: what it is configured by, and how it is opened. One folder of `channels/` each; `channels/channel-types.ts` alone names them. */
export interface ChannelType {
  readonly type: string;
  readonly limits: ChannelLimits;
  readonly settingsSchema: JsonSchema;
  readonly secretsSchema: JsonSchema;
  /** Which of the settings and secrets are wrong; empty: none. Asked before anything is stored. */
  check(settings: unknown, secrets: Readonly<Record<string, string>>): { field: string; message: string }[];
  /** Of what `check` found to be in order. Opens no connection yet. */
  open(settings: unknown, secrets: Readonly<Record<string, string>>): Channel;
}

/** The kinds that there are, by their names. */
export type ChannelTypes = ReadonlyMap<string, ChannelType>;
