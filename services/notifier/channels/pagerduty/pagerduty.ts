import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../../application/ports/channel';
import type { Message } from '../../domain/message';
import { refused } from '../channel-refusals';
import { ChannelHttp } from '../http/channel-http';
import { jsonObjectOf } from '../http/json-answer';
import { statusRefusal } from '../http/status-refusal';
import { characters, fitText, jsonBytes } from '../rendering/fit-text';
import { cleanText, cutMark, linkOf, oneLine } from '../rendering/message-text';
import { channelType, type ChannelDependencies } from '../settings/channel-definition';
import { authorities, baseAddress, secret, under } from '../settings/fields';

/** https://developer.pagerduty.com/docs/events-api-v2/overview: 120 a minute to one integration, 512 KB an event. */
const LIMITS = { messagesPerMinute: 120, messageBytes: 512_000 };
const SUMMARY_CHARACTERS = 1_024;
const DETAIL_BYTES = 100_000;
const DEDUP_CHARACTERS = 255;
const LISTED_ALERTS = 50;

/** Events API v2, also spoken by others (Opsgenie’s bridge, Grafana OnCall, Squadcast): a group of alerts is one incident. */
export function pagerduty(dependencies: ChannelDependencies) {
  const { guard, nowMs } = dependencies;
  return channelType(dependencies, {
    type: 'pagerduty',
    limits: LIMITS,
    settings: z.strictObject({
      source: z.string().min(1).max(200).default('smartant').describe('What incidents name as their source.'),
      baseUrl: baseAddress(
        guard,
        'https://events.pagerduty.com',
        'Address of the Events API; https://events.eu.pagerduty.com for accounts in the EU.',
      ),
      caPem: authorities(),
    }),
    secrets: z.strictObject({
      routingKey: secret('The integration key (Events API v2) of the service.', 32).regex(
        /^\w{32}$/,
        'An integration key has 32 characters.',
      ),
    }),
    open: ({ source, baseUrl, caPem }, { routingKey }): Channel => {
      const http = new ChannelHttp(guard, caPem);
      return {
        send: async (message, signal) => {
          const event = { routing_key: routingKey, ...eventOf(message, source) };
          const answer = await http.sendJson(under(baseUrl, '/v2/enqueue'), event, signal);
          // The event is always one that it takes; what is left to be wrong is the key.
          if (answer.status === 400) throw statusRefusal(answer, nowMs(), { 400: 'credentials' });
          const body = jsonObjectOf(answer, nowMs());
          if (body['status'] !== 'success') throw refused('answer');
          // What it is known by there is ours.
          return { providerId: dedupKey(message.groupKey) };
        },
        close: () => http.close(),
      };
    },
  });
}

/** What an incident is known by: the group's key, or its digest where it is too long. */
export function dedupKey(groupKey: string): string {
  return groupKey.length <= DEDUP_CHARACTERS ? groupKey : createHash('sha256').update(groupKey).digest('hex');
}

function eventOf(message: Message, source: string): object {
  const known = { event_action: message.status === 'firing' ? 'trigger' : 'resolve', dedup_key: dedupKey(message.groupKey) };
  if (message.status === 'resolved') return known;
  const link = linkOf(message);
  const summary = fitText(oneLine(message.title), { limit: SUMMARY_CHARACTERS, size: characters });
  const text = fitText(cleanText(message.text), { limit: DETAIL_BYTES, size: jsonBytes, mark: cutMark(message) });
  const alerts = message.alerts.slice(0, LISTED_ALERTS).map(({ name, severity, status }) => ({ name, severity, status }));
  return {
    ...known,
    payload: {
      summary: summary === '' ? source : summary,
      source,
      severity: message.severity,
      custom_details: { text, alertCount: message.alertCount, alerts },
    },
    client: 'SmartAnt',
    ...(link === '' ? {} : { client_url: link, links: [{ href: link, text: message.language === 'zh' ? '查看详情' : 'Open' }] }),
  };
}
