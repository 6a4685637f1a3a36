import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  listAllEndpointHealth,
  listEndpointHealth,
  listMigrationEvents,
  summarizeAllMigrations,
  summarizeMigrations,
} from '../routes/overview-routes';
import { ApiController } from './api-controller';

@ApiController()
export class OverviewController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(summarizeMigrations)
  async summarizeMigrations(@Input() { caller }: RouteInput<typeof summarizeMigrations>): Promise<RouteAnswer<typeof summarizeMigrations>> {
    return { items: await this.useCases.overview.summary(caller) };
  }

  @Route(summarizeAllMigrations)
  async summarizeAllMigrations(
    @Input() { caller }: RouteInput<typeof summarizeAllMigrations>,
  ): Promise<RouteAnswer<typeof summarizeAllMigrations>> {
    return { items: await this.useCases.overview.platformSummary(caller) };
  }

  @Route(listEndpointHealth)
  async listEndpointHealth(@Input() { caller }: RouteInput<typeof listEndpointHealth>): Promise<RouteAnswer<typeof listEndpointHealth>> {
    return { items: await this.useCases.overview.endpoints(caller) };
  }

  @Route(listAllEndpointHealth)
  async listAllEndpointHealth(
    @Input() { caller }: RouteInput<typeof listAllEndpointHealth>,
  ): Promise<RouteAnswer<typeof listAllEndpointHealth>> {
    return { items: await this.useCases.overview.platformEndpoints(caller) };
  }

  @Route(listMigrationEvents)
  listMigrationEvents(
    @Input() { caller, params, query }: RouteInput<typeof listMigrationEvents>,
  ): Promise<RouteAnswer<typeof listMigrationEvents>> {
    return this.useCases.overview.events(caller, params.id, query);
  }
}
