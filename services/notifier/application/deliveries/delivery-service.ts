import { newId } from '@smartant/kernel';
import type { Message } from '../../domain/message';
import type { Told } from '../../domain/templates/template-context';
import type { SendMessage, SendTimes } from '../engine/send-message';
import { notFound } from '../errors';
import { pageOf, toPage, type Page, type PageRequest } from '../paging';
import type { DeliveryQueue } from '../ports/delivery-queue';
import type { ChannelRecord, ChannelStore, DeliveryFilter, DeliveryRecord, DeliveryStore, TemplateStore } from '../ports/stores';
import type { TemplateEngine } from '../ports/template-engine';
import { sampleAlert } from '../templates/sample-alert';
import { templateFor, writeAnyway } from '../write-message';

export interface DeliveryTools {
  deliveries: DeliveryStore;
  channels: ChannelStore;
  templates: TemplateStore;
  queue: DeliveryQueue;
  sender: SendMessage;
  engine: TemplateEngine;
  times: SendTimes;
  changed: () => void;
}

const TEST_TITLE = { en: 'Test: ', zh: '测试：' };

/** What was sent, and what came of it. */
export class DeliveryService {
  constructor(private readonly tools: DeliveryTools) {}

  async list(workspaceId: string, filter: DeliveryFilter, request: PageRequest): Promise<Page<DeliveryRecord>> {
    const { size, after } = pageOf(request);
    return toPage(await this.tools.deliveries.list(workspaceId, filter, size + 1, after), size);
  }

  /** Begins anew what was given up, or delivered to nobody's notice. Raises NOTIFY_DELIVERY_NOT_FOUND. */
  async retry(workspaceId: string, id: string): Promise<DeliveryRecord> {
    const delivery = await this.tools.deliveries.retry(workspaceId, id);
    if (!delivery) throw notFound('delivery', id);
    this.tools.changed();
    return delivery;
  }

  /** Sends a message that says it is a test, by no route and once, also where the channel is disabled. */
  async test(workspaceId: string, channelId: string, signal: AbortSignal): Promise<DeliveryRecord> {
    const channel = await this.tools.channels.find(workspaceId, channelId);
    if (!channel) throw notFound('channel', channelId);
    const { queue, sender, deliveries, times } = this.tools;
    const delivery = await queue.addTest({ workspaceId, channel, message: await this.testMessage(channel), leaseMs: times.leaseMs });
    await sender.attempt(delivery, signal);
    return (await deliveries.find(workspaceId, delivery.id))!;
  }

  private async testMessage({ workspaceId, type, language }: ChannelRecord): Promise<Message> {
    const alert = { ...sampleAlert(new Date()), severity: 'info' as const };
    const told: Told = {
      language,
      workspaceId,
      groupLabels: {},
      alerts: [alert],
      firing: 1,
      resolved: 0,
      stillFiring: 1,
      kind: 'test',
      url: '',
    };
    const { title, text } = writeAnyway(this.tools.engine, templateFor(await this.tools.templates.list(workspaceId), type, language), told);
    const id = newId('dlv');
    // Resolved, so that it opens no incident that nobody would close.
    const facts = {
      status: 'resolved',
      severity: 'info',
      url: '',
      alerts: [{ ...alert, status: 'resolved', endsAt: alert.startsAt }],
    } as const;
    return { id, title: `${TEST_TITLE[language]}${title}`, text, language, ...facts, alertCount: 1, groupKey: `test-${id}` };
  }
}
