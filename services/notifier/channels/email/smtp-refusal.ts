import { ChannelError } from '../../application/ports/channel-error';
import { refused, type Reason } from '../channel-refusals';
import { transportRefusal } from '../http/transport-refusal';

interface SmtpError {
  code?: unknown;
  /** The socket's or OpenSSL's own, where nodemailer put its word in its place. */
  originalCode?: unknown;
  responseCode?: unknown;
  command?: unknown;
  response?: unknown;
  rejectedErrors?: unknown[];
}

/** Replies that say the same whatever they answer. RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 7504. */
const REPLIES: Readonly<Record<number, Reason>> = {
  421: 'failed',
  432: 'credentials',
  454: 'failed',
  521: 'gone',
  530: 'credentials',
  534: 'credentials',
  535: 'credentials',
  538: 'policy',
  552: 'message',
  556: 'gone',
};

/** Why a mail was not taken, of what nodemailer raised: by its codes and the server's, never by a text. */
export function smtpRefusal(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  const { code, originalCode, responseCode, command, rejectedErrors } = error as SmtpError;
  // No recipient was taken: what was said of the first that may be taken later, else of the first.
  if (rejectedErrors !== undefined && rejectedErrors.length > 0) {
    const all = rejectedErrors.map(recipientRefusal);
    return all.find(({ refusal }) => refusal === 'retry') ?? all[0] ?? refused('unknown');
  }
  const certificate = transportRefusal({ code: originalCode });
  if (certificate.code.startsWith('NOTIFY_CHANNEL_TLS_')) return certificate;
  if (typeof responseCode === 'number') return replyRefusal(responseCode, error as SmtpError, mailReason(responseCode, command));
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2') return refused('credentials', { detail: String(code) });
  if (code === 'EPROTOCOL') return refused('answer');
  if (code === 'EMESSAGE' || code === 'EENVELOPE' || code === 'ESTREAM') return refused('message', { detail: String(code) });
  return transportRefusal(error);
}

export function recipientRefusal(error: unknown): ChannelError {
  const { responseCode } = error as SmtpError;
  if (typeof responseCode !== 'number') return transportRefusal(error);
  return replyRefusal(responseCode, error as SmtpError, responseCode < 500 ? 'failed' : 'recipient');
}

function mailReason(reply: number, command: unknown): Reason {
  if (reply < 500) return 'failed';
  if (typeof command === 'string' && command.startsWith('AUTH')) return 'credentials';
  // The content; everything else (EHLO, STARTTLS, MAIL FROM) is about the channel.
  return command === 'DATA' ? 'message' : 'policy';
}

function replyRefusal(reply: number, { response }: SmtpError, otherwise: Reason): ChannelError {
  // RFC 3463: what exactly is wrong, in digits.
  const enhanced = typeof response === 'string' ? /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] : undefined;
  return refused(REPLIES[reply] ?? otherwise, { providerCode: enhanced === undefined ? String(reply) : `${reply}:${enhanced}` });
}
