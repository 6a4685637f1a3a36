import { randomUUID } from 'node:crypto';
import type { operations, paths, Schema } from '@smartant/contracts/openapi';
import type { Connection } from './connection';

export type ChannelType = Schema<'NotificationChannelType'>;
export type Channel = Schema<'NotificationChannel'>;
export type ChannelInput = Schema<'NotificationChannelInput'>;
export type Routing = Schema<'AlertRouting'>;
export type RouteMatch = Schema<'AlertRoutingTest'>['matches'][number];
export type Silence = Schema<'AlertSilence'>;
export type Alert = Schema<'Alert'>;
export type Delivery = Schema<'NotificationDelivery'>;
export type Template = Schema<'NotificationTemplate'>;
export type AlertQuery = Omit<NonNullable<operations['listAlerts']['parameters']['query']>, 'pageSize' | 'pageToken'>;
export type DeliveryQuery = Omit<NonNullable<operations['listNotificationDeliveries']['parameters']['query']>, 'pageSize' | 'pageToken'>;
export type TemplateKey = operations['updateNotificationTemplate']['parameters']['query'];

const WORKSPACE = '/v1/workspaces/{ws}';

/** Alerts and how they reach people: of the session's workspace, or of the platform as a whole, which has the same routes in another place. */
export class NotificationApi {
  constructor(
    private readonly connection: Connection,
    private readonly ofPlatform: boolean,
  ) {}

  async types(): Promise<ChannelType[]> {
    return (await this.send(this.client.GET(this.at('/v1/workspaces/{ws}/notification-channel-types'), { params: { path: this.path } })))
      .items;
  }

  channels(): Promise<Channel[]> {
    return this.connection.all(Infinity, (query) =>
      this.client.GET(this.at('/v1/workspaces/{ws}/notification-channels'), { params: { path: this.path, query } }),
    );
  }

  createChannel(body: ChannelInput): Promise<Channel> {
    const params = { path: this.path, header: { 'Idempotency-Key': randomUUID() } };
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/notification-channels'), { params, body }));
  }

  /** Of the version that was read. */
  updateChannel(id: string, version: number, body: ChannelInput): Promise<Channel> {
    const params = { path: { ...this.path, id }, header: ifMatch(version) };
    return this.send(this.client.PUT(this.at('/v1/workspaces/{ws}/notification-channels/{id}'), { params, body }));
  }

  async removeChannel(id: string): Promise<void> {
    await this.send(this.client.DELETE(this.at('/v1/workspaces/{ws}/notification-channels/{id}'), this.one(id)));
  }

  testChannel(id: string): Promise<Delivery> {
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/notification-channels/{id}/test'), this.one(id)));
  }

  routing(): Promise<Routing> {
    return this.send(this.client.GET(this.at('/v1/workspaces/{ws}/alert-routing'), { params: { path: this.path } }));
  }

  /** Of the version that was read. */
  setRouting(version: number, document: Record<string, unknown>): Promise<Routing> {
    const params = { path: this.path, header: ifMatch(version) };
    return this.send(this.client.PUT(this.at('/v1/workspaces/{ws}/alert-routing'), { params, body: { document } }));
  }

  async testRouting(body: Schema<'TestAlertRouting'>): Promise<RouteMatch[]> {
    const answer = this.client.POST(this.at('/v1/workspaces/{ws}/alert-routing/test'), { params: { path: this.path }, body });
    return (await this.send(answer)).matches;
  }

  silences(): Promise<Silence[]> {
    return this.connection.all(Infinity, (query) =>
      this.client.GET(this.at('/v1/workspaces/{ws}/alert-silences'), { params: { path: this.path, query } }),
    );
  }

  createSilence(body: Schema<'AlertSilenceInput'>): Promise<Silence> {
    const params = { path: this.path, header: { 'Idempotency-Key': randomUUID() } };
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/alert-silences'), { params, body }));
  }

  expireSilence(id: string): Promise<Silence> {
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/alert-silences/{id}/expire'), this.one(id)));
  }

  alerts(filter: AlertQuery, limit: number): Promise<Alert[]> {
    return this.connection.all(limit, (page) =>
      this.client.GET(this.at('/v1/workspaces/{ws}/alerts'), { params: { path: this.path, query: { ...filter, ...page } } }),
    );
  }

  alert(id: string): Promise<Alert> {
    return this.send(this.client.GET(this.at('/v1/workspaces/{ws}/alerts/{id}'), this.one(id)));
  }

  acknowledge(id: string, comment: string | undefined): Promise<Alert> {
    const body = comment === undefined ? {} : { comment };
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/alerts/{id}/acknowledge'), { ...this.one(id), body }));
  }

  deliveries(filter: DeliveryQuery, limit: number): Promise<Delivery[]> {
    return this.connection.all(limit, (page) =>
      this.client.GET(this.at('/v1/workspaces/{ws}/notification-deliveries'), {
        params: { path: this.path, query: { ...filter, ...page } },
      }),
    );
  }

  retryDelivery(id: string): Promise<Delivery> {
    return this.send(this.client.POST(this.at('/v1/workspaces/{ws}/notification-deliveries/{id}/retry'), this.one(id)));
  }

  async templates(): Promise<Template[]> {
    return (await this.send(this.client.GET(this.at('/v1/workspaces/{ws}/notification-templates'), { params: { path: this.path } }))).items;
  }

  setTemplate(query: TemplateKey, body: Schema<'NotificationTemplateInput'>): Promise<Template> {
    const params = { path: this.path, query };
    return this.send(this.client.PUT(this.at('/v1/workspaces/{ws}/notification-templates'), { params, body }));
  }

  async resetTemplate(query: TemplateKey): Promise<void> {
    await this.send(this.client.DELETE(this.at('/v1/workspaces/{ws}/notification-templates'), { params: { path: this.path, query } }));
  }

  previewTemplate(body: Schema<'PreviewNotificationTemplate'>): Promise<Schema<'NotificationTemplatePreview'>> {
    return this.send(
      this.client.POST(this.at('/v1/workspaces/{ws}/notification-templates/preview'), { params: { path: this.path }, body }),
    );
  }

  private get client(): Connection['client'] {
    return this.connection.client;
  }

  private get path(): Connection['path'] {
    return this.connection.path;
  }

  private get send(): Connection['send'] {
    return (answer) => this.connection.send(answer);
  }

  private one(id: string) {
    return { params: { path: { ...this.path, id } } };
  }

  /** The routes of the platform differ in nothing but where they are. */
  private at<P extends Extract<keyof paths, `${typeof WORKSPACE}/${string}`>>(path: P): P {
    return this.ofPlatform ? (path.replace(WORKSPACE, '/v1/admin') as P) : path;
  }
}

const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` });
