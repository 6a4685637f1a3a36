import type { Message, MessageAlert } from '../../domain/message';
import { fitText, jsonBytes } from '../rendering/fit-text';
import { cutMark } from '../rendering/message-text';

const SCHEMA = 'smartant.notification/v1';
/** Of the whole body: the rest is for the alerts. */
const TEXT_SHARE = 0.25;

/** JSON after docs/schemas/notification-v1.schema.json. Where it would be too long, the text is cut and the last alerts are left out; `alertCount` counts all. */
export function notificationBody(message: Message, limitBytes: number): string {
  const { id, title, language, status, severity, groupKey, alertCount } = message;
  // What a receiver may draw as a link is one.
  const url = /^https?:\/\//.test(message.url) ? message.url.toWellFormed() : '';
  const bounded = (text: string, limit: number) => fitText(text.toWellFormed(), { limit, size: jsonBytes, mark: cutMark(message) });
  const text = bounded(message.text, limitBytes * TEXT_SHARE);
  const whole = { schema: SCHEMA, id, status, severity, title: bounded(title, 4_096), text, language, url, groupKey, alertCount };
  let room = limitBytes - Buffer.byteLength(JSON.stringify({ ...whole, alerts: [] }));
  const alerts: object[] = [];
  for (const alert of message.alerts) {
    const shown = alertOf(alert);
    room -= Buffer.byteLength(JSON.stringify(shown)) + 1;
    if (room < 0) break;
    alerts.push(shown);
  }
  return JSON.stringify({ ...whole, alerts });
}

function alertOf({ id, name, status, severity, labels, annotations, startsAt, endsAt }: MessageAlert): object {
  return { id, name, status, severity, labels, annotations, startsAt: startsAt.toISOString(), endsAt: endsAt?.toISOString() ?? null };
}
