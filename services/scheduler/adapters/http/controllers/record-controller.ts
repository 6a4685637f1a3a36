import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  findUnitTrace,
  getTrace,
  listLogLevels,
  listMigrationLogs,
  listPlatformLogs,
  listWorkspaceLogs,
  resetLogLevels,
  setLogLevel,
} from '../routes/record-routes';
import { ApiController } from './api-controller';

/** Logs and traces. What is looked for takes a while: nobody goes on with it when the client has left. */
@ApiController()
export class RecordController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(findUnitTrace)
  findUnitTrace(
    @Input() { caller, params, query }: RouteInput<typeof findUnitTrace>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof findUnitTrace>> {
    const { object, table, path } = query;
    const kind = object !== undefined ? 'object' : table !== undefined ? 'table' : 'path';
    return this.useCases.traces.ofUnit(caller, params.id, { kind, name: object ?? table ?? path ?? '' }, whileAsked(request));
  }

  @Route(getTrace)
  getTrace(@Input() { caller, params }: RouteInput<typeof getTrace>, @Req() request: Request): Promise<RouteAnswer<typeof getTrace>> {
    return this.useCases.traces.trace(caller, params.traceId, whileAsked(request));
  }

  @Route(listMigrationLogs)
  listMigrationLogs(
    @Input() { caller, params, query }: RouteInput<typeof listMigrationLogs>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof listMigrationLogs>> {
    const { pageSize, pageToken, ...filter } = query;
    return this.useCases.logs.ofMigration(caller, params.id, filter, { pageSize, pageToken }, whileAsked(request));
  }

  @Route(listWorkspaceLogs)
  listWorkspaceLogs(
    @Input() { caller, query }: RouteInput<typeof listWorkspaceLogs>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof listWorkspaceLogs>> {
    const { pageSize, pageToken, ...filter } = query;
    return this.useCases.logs.ofWorkspace(caller, filter, { pageSize, pageToken }, whileAsked(request));
  }

  @Route(listPlatformLogs)
  listPlatformLogs(
    @Input() { caller, query }: RouteInput<typeof listPlatformLogs>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof listPlatformLogs>> {
    const { pageSize, pageToken, ...filter } = query;
    return this.useCases.logs.ofPlatform(caller, filter, { pageSize, pageToken }, whileAsked(request));
  }

  @Route(listLogLevels)
  async listLogLevels(@Input() { caller }: RouteInput<typeof listLogLevels>): Promise<RouteAnswer<typeof listLogLevels>> {
    return { items: await this.useCases.logs.levels(caller) };
  }

  @Route(setLogLevel)
  setLogLevel(@Input() { caller, body }: RouteInput<typeof setLogLevel>): Promise<RouteAnswer<typeof setLogLevel>> {
    return this.useCases.logs.setLevel(caller, { ...body, module: body.module ?? null });
  }

  @Route(resetLogLevels)
  resetLogLevels(@Input() { caller, params }: RouteInput<typeof resetLogLevels>): Promise<void> {
    return this.useCases.logs.resetLevels(caller, params.service);
  }
}

/** The longest that anybody waits for an answer. */
const LONGEST_MS = 60_000;

function whileAsked(request: Request): AbortSignal {
  const left = new AbortController();
  request.res?.once('close', () => left.abort(new DOMException('The client has left.', 'AbortError')));
  return AbortSignal.any([left.signal, AbortSignal.timeout(LONGEST_MS)]);
}
