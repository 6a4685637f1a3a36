import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpointItems,
  listEndpoints,
  testEndpoint,
  updateEndpoint,
} from '../routes/endpoint-routes';
import { ApiController } from './api-controller';

@ApiController()
export class EndpointController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(createEndpoint)
  createEndpoint(@Input() { caller, body, requestId }: RouteInput<typeof createEndpoint>): Promise<RouteAnswer<typeof createEndpoint>> {
    return this.useCases.endpoints.create(caller, body, requestId);
  }

  @Route(listEndpoints)
  listEndpoints(@Input() { caller, query }: RouteInput<typeof listEndpoints>): Promise<RouteAnswer<typeof listEndpoints>> {
    return this.useCases.endpoints.list(caller, query);
  }

  @Route(getEndpoint)
  getEndpoint(@Input() { caller, params }: RouteInput<typeof getEndpoint>): Promise<RouteAnswer<typeof getEndpoint>> {
    return this.useCases.endpoints.get(caller, params.idOrName);
  }

  @Route(updateEndpoint)
  updateEndpoint(@Input() { caller, params, body }: RouteInput<typeof updateEndpoint>): Promise<RouteAnswer<typeof updateEndpoint>> {
    return this.useCases.endpoints.update(caller, params.idOrName, body);
  }

  @Route(deleteEndpoint)
  deleteEndpoint(@Input() { caller, params }: RouteInput<typeof deleteEndpoint>): Promise<void> {
    return this.useCases.endpoints.remove(caller, params.idOrName);
  }

  @Route(testEndpoint)
  testEndpoint(@Input() { caller, params }: RouteInput<typeof testEndpoint>): Promise<RouteAnswer<typeof testEndpoint>> {
    return this.useCases.endpoints.test(caller, params.idOrName);
  }

  @Route(listEndpointItems)
  listItems(@Input() { caller, params, query }: RouteInput<typeof listEndpointItems>): Promise<RouteAnswer<typeof listEndpointItems>> {
    const { path, ...page } = query;
    return this.useCases.endpoints.discover(caller, params.idOrName, path, page);
  }
}
