import { Inject } from '@nestjs/common';
import { OPTIONS, type HttpApiOptions } from '../http-api-options';
import { Route } from '../route';
import type { RouteAnswer } from '../route-definition';
import { getIndex, getVersion, listReportKeys } from '../routes/platform-routes';
import { ApiController } from './api-controller';

@ApiController()
export class PlatformController {
  constructor(@Inject(OPTIONS) private readonly options: HttpApiOptions) {}

  @Route(listReportKeys)
  async listReportKeys(): Promise<RouteAnswer<typeof listReportKeys>> {
    return { keys: await this.options.useCases.reportKeys.list() };
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
