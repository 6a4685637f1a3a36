import { Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Caller, SchedulerUseCases } from '../../../application/use-cases';
import { shaped } from '../answer/answer-interceptor';
import { EventStreams } from '../answer/event-stream';
import type { StreamedEvent } from '../answer/shared-source';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import { OtherAnswer, type RouteAnswer, type RouteInput } from '../route-definition';
import {
  applyFixes,
  changeTables,
  createMigration,
  deleteMigration,
  fixPrecheck,
  getMigration,
  getReport,
  listFailures,
  listMigrations,
  listTranscript,
  resolveFailures,
  updateLimits,
  watchMigration,
} from '../routes/migration-routes';
import { ApiController } from './api-controller';

@ApiController()
export class MigrationController {
  constructor(
    @Inject(USE_CASES) private readonly useCases: SchedulerUseCases,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Route(createMigration)
  async createMigration(@Input() input: RouteInput<typeof createMigration>): Promise<RouteAnswer<typeof createMigration>> {
    const { caller, body, query, requestId } = input;
    if (query.validateOnly) return new OtherAnswer(await this.useCases.migrations.validate(caller, body));
    return this.useCases.migrations.create(caller, body, requestId);
  }

  @Route(listMigrations)
  listMigrations(@Input() { caller, query }: RouteInput<typeof listMigrations>): Promise<RouteAnswer<typeof listMigrations>> {
    return this.useCases.migrations.list(caller, query);
  }

  @Route(getMigration)
  getMigration(@Input() { caller, params }: RouteInput<typeof getMigration>): Promise<RouteAnswer<typeof getMigration>> {
    return this.useCases.migrations.get(caller, params.id);
  }

  @Route(deleteMigration)
  deleteMigration(@Input() { caller, params }: RouteInput<typeof deleteMigration>): Promise<void> {
    return this.useCases.migrations.remove(caller, params.id);
  }

  @Route(updateLimits)
  updateLimits(
    @Input() { caller, params, body, expectedVersion }: RouteInput<typeof updateLimits>,
  ): Promise<RouteAnswer<typeof updateLimits>> {
    return this.useCases.migrations.setLimits(caller, params.id, body, { expectedVersion });
  }

  @Route(changeTables)
  changeTables(
    @Input() { caller, params, body, expectedVersion }: RouteInput<typeof changeTables>,
  ): Promise<RouteAnswer<typeof changeTables>> {
    return this.useCases.migrations.changeTables(caller, params.id, body, { expectedVersion });
  }

  @Route(applyFixes)
  applyFixes(@Input() { caller, params, body }: RouteInput<typeof applyFixes>): Promise<RouteAnswer<typeof applyFixes>> {
    return this.useCases.migrations.applyFixes(caller, params.id, body);
  }

  @Route(fixPrecheck)
  async fixPrecheck(@Input() { caller, body }: RouteInput<typeof fixPrecheck>): Promise<RouteAnswer<typeof fixPrecheck>> {
    const { migration, ...wanted } = body;
    return { applied: await this.useCases.migrations.fix(caller, migration, wanted) };
  }

  @Route(listFailures)
  listFailures(@Input() { caller, params, query }: RouteInput<typeof listFailures>): Promise<RouteAnswer<typeof listFailures>> {
    return this.useCases.migrations.failures(caller, params.id, query);
  }

  @Route(listTranscript)
  listTranscript(@Input() { caller, params, query }: RouteInput<typeof listTranscript>): Promise<RouteAnswer<typeof listTranscript>> {
    return this.useCases.migrations.transcript(caller, params.id, query);
  }

  @Route(resolveFailures)
  async resolveFailures(@Input() input: RouteInput<typeof resolveFailures>): Promise<RouteAnswer<typeof resolveFailures>> {
    return { resolved: await this.useCases.migrations.resolveFailures(input.caller, input.params.id, input.body) };
  }

  @Route(watchMigration)
  watchMigration(
    @Input() { caller, params }: RouteInput<typeof watchMigration>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const key = `${caller.workspaceId}/${params.id}`;
    return this.streams.send(request, response, key, (signal) => this.updates(caller, params.id, signal));
  }

  @Route(getReport)
  getReport(@Input() { caller, params }: RouteInput<typeof getReport>): Promise<RouteAnswer<typeof getReport>> {
    return this.useCases.migrations.report(caller, params.id);
  }

  private async *updates(caller: Caller, id: string, signal: AbortSignal): AsyncIterable<StreamedEvent> {
    for await (const update of this.useCases.migrations.watch(caller, id, signal)) {
      yield { name: 'update', id: String(update.migration.version), data: shaped(watchMigration.event, update, watchMigration) };
    }
  }
}
