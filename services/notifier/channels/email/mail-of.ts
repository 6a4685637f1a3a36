import { createHash } from 'node:crypto';
import type { Message } from '../../domain/message';
import { escapeAll, htmlAsText } from '../rendering/escapes';
import { fitText } from '../rendering/fit-text';
import { cleanText, cutMark, linkOf, messageText, titleOf } from '../rendering/message-text';
import type { EmailSettings } from './email-settings';

const SUBJECT_BYTES = 250;
const LINK_TEXTS = { en: 'Open', zh: '查看详情' } as const;

/** The same bytes, but for dates and boundaries, at every attempt: servers and readers know a repeated mail by its Message-ID. */
export function mailOf(message: Message, { from, fromName, to }: EmailSettings, limitBytes: number) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const thread = `<${digest(message.groupKey)}.group@${domain}>`;
  return {
    from: { name: fromName, address: from },
    to,
    subject: titleOf(message, SUBJECT_BYTES),
    messageId: `<${digest(message.id)}@${domain}>`,
    // Mails of one group of alerts are shown as one conversation.
    references: thread,
    inReplyTo: thread,
    text: messageText(message, { limit: limitBytes / 2, tail: (link) => `\n\n${link}` }),
    html: htmlOf(message, limitBytes / 2),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-SmartAnt-Delivery': message.id.replace(/[^\x21-\x7e]/g, '').slice(0, 200) },
    // RFC 2156: readers show it beside the subject.
    ...(message.status === 'firing' && message.severity === 'critical' ? { priority: 'high' as const } : {}),
  };
}

/** Ids are ours, and yet nothing in a header is to depend on that. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

const COLOURS = { critical: '#c0392b', warning: '#d68910', info: '#2471a3' } as const;

function htmlOf(message: Message, limitBytes: number): string {
  const colour = message.status === 'firing' ? COLOURS[message.severity] : '#1e8449';
  const link = linkOf(message);
  const text = fitText(cleanText(message.text), { limit: limitBytes - 2_000, escape: htmlAsText, mark: cutMark(message) });
  const button = link === '' ? '' : `<p><a href="${escapeAll(link, htmlAsText)}">${LINK_TEXTS[message.language]}</a></p>`;
  return (
    `<!doctype html><html lang="${message.language}"><body style="font-family:sans-serif">` +
    `<h2 style="color:${colour};font-size:18px">${titleOf(message, 1_000, htmlAsText)}</h2>` +
    `<div style="white-space:pre-wrap">${text}</div>${button}</body></html>`
  );
}
