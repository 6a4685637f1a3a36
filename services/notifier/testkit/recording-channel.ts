import type { ChannelType, ChannelTypes } from '../application/ports/channel';
import { ChannelError } from '../application/ports/channel-error';
import type { Message } from '../domain/message';

/** What tests send with: it keeps what it was given, and refuses as it is told to. */
export class RecordingChannel {
  readonly sent: { to: string; message: Message; secrets: Readonly<Record<string, string>> }[] = [];
  /** Asked before each message, by the name of its recipient. */
  refuse: (to: string, message: Message) => ChannelError | null = () => null;
  /** Waited for before each message. */
  hold: Promise<void> | null = null;

  types(messagesPerMinute = 0): ChannelTypes {
    return new Map([['recording', this.type(messagesPerMinute)]]);
  }

  titles(to?: string): string[] {
    return this.sent.filter((each) => to === undefined || each.to === to).map(({ message }) => message.title);
  }

  private type(messagesPerMinute: number): ChannelType {
    return {
      type: 'recording',
      limits: { messagesPerMinute, messageBytes: 10_000 },
      settingsSchema: { type: 'object', properties: { to: { type: 'string' } } },
      secretsSchema: { type: 'object', properties: { token: { type: 'string' } } },
      check: (settings) =>
        typeof (settings as { to?: unknown }).to === 'string' ? [] : [{ field: 'settings.to', message: 'expected a name' }],
      open: (settings, secrets) => ({
        send: async (message, signal) => {
          const { to } = settings as { to: string };
          await this.hold;
          signal.throwIfAborted();
          const refusal = this.refuse(to, message);
          if (refusal) throw refusal;
          this.sent.push({ to, message, secrets });
          return { providerId: `p-${this.sent.length}` };
        },
      }),
    };
  }
}
