import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { refused } from '../channel-refusals';
import { ChannelHttp, type HttpAnswer } from '../http/channel-http';
import { textOf } from '../http/json-answer';
import { statusRefusal, succeeded } from '../http/status-refusal';
import { characters, fitText } from '../rendering/fit-text';
import { cleanText, cutMark, oneLine } from '../rendering/message-text';
import { fillPlaceholders, unknownPlaceholders } from '../rendering/placeholders';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { addressProblem, secret } from '../settings/fields';
import { atPointer } from './json-pointer';
import { smsHttpSettings, type SmsHttpSettings } from './sms-http-settings';

const LIMITS = { messagesPerMinute: 0, messageBytes: 4_000 };
const TITLE_CHARACTERS = 100;
const OWN = ['to', 'secret'];

/** Any gateway that takes a short message by one HTTP request for one number. */
export function smsHttp(dependencies: ChannelDependencies) {
  const { guard, nowMs, partial } = dependencies;
  const url = z
    .string()
    .max(2_048)
    .superRefine((template, context) => {
      const message = templateProblem(template) ?? addressProblem(sample(template), guard);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({
      description: 'The gateway’s address. {to}, {text}, {title}, {id} and {secret} are put in, encoded; not into the host.',
      writeOnly: true,
    });
  return channelType(dependencies, {
    type: 'sms-http',
    limits: LIMITS,
    settings: smsHttpSettings,
    secrets: z.strictObject({
      url,
      secret: secret('What {secret} stands for in the address, the body and the headers: a password or a key of the gateway.').optional(),
      authorization: secret('What is sent as Authorization, for example Bearer …; leave it out where nothing is asked for.')
        .regex(/^[\x20-\x7e]+$/, 'Printable ASCII is expected.')
        .optional(),
    }),
    check: bodyProblems,
    open: (settings, secrets): Channel => {
      const http = new ChannelHttp(guard, settings.caPem);
      return {
        send: (message, signal) =>
          partial.toEach(`sms-http ${message.id}`, settings.numbers, async (to) => {
            const fill = filler(message, settings, { to, secret: secrets.secret ?? '' });
            const headers = Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), fill(value, encodeURIComponent)]);
            const answer = await http.send(
              {
                method: settings.method,
                url: fill(secrets.url, encodeURIComponent),
                headers: {
                  ...contentType(settings),
                  ...(Object.fromEntries(headers) as Record<string, string>),
                  ...(secrets.authorization === undefined ? {} : { authorization: secrets.authorization }),
                },
                body: settings.method === 'GET' || settings.body === '' ? undefined : fill(settings.body, WRITE[settings.bodyFormat]),
              },
              signal,
            );
            return gatewayId(answer, settings, nowMs());
          }),
        close: () => http.close(),
      };
    },
  });
}

/** How a value is written into a body, so that it stays a value. */
const WRITE = {
  form: encodeURIComponent,
  json: (value: string) => JSON.stringify(value).slice(1, -1),
  text: (value: string) => value,
} as const;

function contentType({ bodyFormat, method, body }: SmsHttpSettings): Record<string, string> {
  if (method === 'GET' || body === '') return {};
  const types = { form: 'application/x-www-form-urlencoded', json: 'application/json', text: 'text/plain' } as const;
  return { 'content-type': `${types[bodyFormat]}; charset=utf-8` };
}

function filler(message: Message, { textCharacters }: SmsHttpSettings, own: { to: string; secret: string }) {
  const title = fitText(oneLine(message.title), { limit: TITLE_CHARACTERS, size: characters });
  const text = fitText(cleanText(message.text), { limit: textCharacters, size: characters, mark: cutMark(message) });
  return (template: string, write: (value: string) => string) => fillPlaceholders(template, { ...message, title, text }, own, write);
}

/** Raises ChannelError by the status, then by the value that the settings name; gives the gateway's id of the message. */
function gatewayId(answer: HttpAnswer, settings: SmsHttpSettings, nowMs: number): string {
  if (!succeeded(answer)) throw statusRefusal(answer, nowMs);
  if (settings.successValues.length > 0) {
    if (answer.json === undefined) throw refused('answer');
    const value = valueText(atPointer(answer.json, settings.resultPointer));
    if (!settings.successValues.includes(value)) throw refused(reasonOf(value, settings), { providerCode: value });
  }
  return settings.idPointer === '' ? '' : textOf(atPointer(answer.json, settings.idPointer)).slice(0, 100);
}

function valueText(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : textOf(value);
}

function reasonOf(value: string, { retryValues, giveUpValues, reconfigureValues }: SmsHttpSettings) {
  if (retryValues.includes(value)) return 'failed';
  if (giveUpValues.includes(value)) return 'message';
  return reconfigureValues.includes(value) ? 'policy' : 'unknown';
}

/** A template with something harmless in it. */
function sample(template: string, value = 'x'): string {
  return template.replace(/\{[a-zA-Z]+\}/g, value);
}

/** What is put in must not decide which host is asked. The template is not repeated: it may hold a password. */
function templateProblem(template: string): string | undefined {
  if (unknownPlaceholders(template, OWN).length > 0) return 'A placeholder is not known.';
  const origins = ['x', 'y'].map((value) => URL.parse(sample(template, value))?.origin);
  return origins[0] === origins[1] ? undefined : 'A placeholder cannot be in the host.';
}

function bodyProblems({ body, bodyFormat, headers }: SmsHttpSettings): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  const unknown = (template: string) => unknownPlaceholders(template, OWN).map((name) => `{${name}}`);
  const inBody = unknown(body);
  if (inBody.length > 0) problems.push({ field: 'settings.body', message: `Not known: ${inBody.join(', ')}.` });
  else if (bodyFormat === 'json' && body !== '' && !isJson(sample(body))) {
    problems.push({ field: 'settings.body', message: 'This is no JSON. Placeholders stand between quotes: "text": "{text}".' });
  }
  for (const [name, value] of Object.entries(headers)) {
    const found = unknown(value);
    if (found.length > 0) problems.push({ field: `settings.headers.${name}`, message: `Not known: ${found.join(', ')}.` });
  }
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
