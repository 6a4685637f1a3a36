import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { addFileRoot, deleteFileRoot, listFileRoots } from '../routes/endpoint-routes';
import { ApiController } from './api-controller';

@ApiController()
export class FileRootController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listFileRoots)
  async listFileRoots(@Input() { caller }: RouteInput<typeof listFileRoots>): Promise<RouteAnswer<typeof listFileRoots>> {
    return { items: await this.useCases.fileRoots.list(caller) };
  }

  @Route(addFileRoot)
  addFileRoot(@Input() { caller, body }: RouteInput<typeof addFileRoot>): Promise<RouteAnswer<typeof addFileRoot>> {
    return this.useCases.fileRoots.add(caller, body);
  }

  @Route(deleteFileRoot)
  deleteFileRoot(@Input() { caller, params }: RouteInput<typeof deleteFileRoot>): Promise<void> {
    return this.useCases.fileRoots.remove(caller, params.name);
  }
}
