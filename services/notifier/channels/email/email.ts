import type { Channel, Sent } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { mailOf } from './mail-of';
import { MailTransport } from './mail-transport';
import { emailProblems, emailSecrets, emailSettings } from './email-settings';
import { recipientRefusal, smtpRefusal } from './smtp-refusal';

/** Servers differ; most take 10 MB and more. */
const LIMITS = { messagesPerMinute: 0, messageBytes: 200_000 };

export function email(dependencies: ChannelDependencies) {
  const { guard, partial } = dependencies;
  return channelType(dependencies, {
    type: 'email',
    limits: LIMITS,
    settings: emailSettings(guard),
    secrets: emailSecrets,
    check: emailProblems,
    open: (settings, secrets): Channel => {
      const transport = new MailTransport(dependencies, settings, secrets);
      /** One mail for all who do not have it yet: a server may take some of them now and ask to come again for others. */
      const send = async (message: Message, signal: AbortSignal): Promise<Sent> => {
        const key = `email ${message.id}`;
        const taken = partial.of(key);
        const to = settings.to.filter((address) => !taken.has(address));
        const mail = mailOf(message, settings, LIMITS.messageBytes);
        const result = await transport.send({ ...mail, envelope: { from: settings.from, to } }, signal).catch((error: unknown) => {
          throw smtpRefusal(error);
        });
        const errors = (result.rejectedErrors ?? []).map(recipientRefusal);
        for (const address of to) if (!result.rejected.includes(address)) taken.set(address, mail.messageId);
        return partial.outcome(key, settings.to, taken, errors);
      };
      return { send, close: async () => transport.close() };
    },
  });
}
