import { Inject } from '@nestjs/common';
import { OPTIONS, type HttpApiOptions } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { getIndex, getVersion, listParkedEvents, listServices, listReportKeys, replayParkedEvents } from '../routes/platform-routes';
import { ApiController } from './api-controller';

@ApiController()
export class PlatformController {
  constructor(@Inject(OPTIONS) private readonly options: HttpApiOptions) {}

  @Route(listReportKeys)
  async listReportKeys(): Promise<RouteAnswer<typeof listReportKeys>> {
    return { keys: await this.options.useCases.reportKeys.list() };
  }

  @Route(listParkedEvents)
  async listParkedEvents(@Input() { caller }: RouteInput<typeof listParkedEvents>): Promise<RouteAnswer<typeof listParkedEvents>> {
    return { items: await this.options.useCases.parkedEvents.list(caller) };
  }

  @Route(replayParkedEvents)
  async replayParkedEvents(
    @Input() { caller, body }: RouteInput<typeof replayParkedEvents>,
  ): Promise<RouteAnswer<typeof replayParkedEvents>> {
    return { replayed: await this.options.useCases.parkedEvents.replay(caller, body.topic, body.group) };
  }

  @Route(listServices)
  async listServices(@Input() { caller }: RouteInput<typeof listServices>): Promise<RouteAnswer<typeof listServices>> {
    return { items: await this.options.useCases.topology.services(caller) };
  }

  @Route(getVersion)
  async getVersion(): Promise<RouteAnswer<typeof getVersion>> {
    return { version: this.options.version, apiVersion: 'v1', mode: this.options.mode };
  }

  @Route(getIndex)
  async getIndex(): Promise<RouteAnswer<typeof getIndex>> {
    return { service: 'SmartAnt', docs: '/docs', openapi: '/openapi.json', version: this.options.version };
  }
}
