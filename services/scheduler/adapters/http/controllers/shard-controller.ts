import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { listShards, mapShards } from '../routes/shard-routes';
import { ApiController } from './api-controller';

@ApiController()
export class ShardController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(mapShards)
  mapShards(@Input() { caller, params, query }: RouteInput<typeof mapShards>): Promise<RouteAnswer<typeof mapShards>> {
    return this.useCases.shards.map(caller, params.id, query);
  }

  @Route(listShards)
  listShards(@Input() { caller, params, query }: RouteInput<typeof listShards>): Promise<RouteAnswer<typeof listShards>> {
    return this.useCases.shards.list(caller, params.id, query);
  }
}
