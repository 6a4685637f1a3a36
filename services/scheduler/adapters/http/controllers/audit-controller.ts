import { Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { sendLines } from '../answer/line-stream';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { exportAllAudit, exportAudit, listAllAuditEntries, listAuditEntries } from '../routes/audit-routes';
import { ApiController } from './api-controller';

@ApiController()
export class AuditController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listAuditEntries)
  listAuditEntries(@Input() { caller, query }: RouteInput<typeof listAuditEntries>): Promise<RouteAnswer<typeof listAuditEntries>> {
    const { pageSize, pageToken, ...filter } = query;
    return this.useCases.audit.list(caller, filter, { pageSize, pageToken });
  }

  @Route(exportAudit)
  exportAudit(@Input() { caller, query }: RouteInput<typeof exportAudit>, @Res() response: Response): Promise<void> {
    return sendLines(response, this.useCases.audit.export(caller, { afterSeq: query.after ?? 0 }));
  }

  @Route(listAllAuditEntries)
  listAllAuditEntries(
    @Input() { caller, query }: RouteInput<typeof listAllAuditEntries>,
  ): Promise<RouteAnswer<typeof listAllAuditEntries>> {
    const { pageSize, pageToken, ...filter } = query;
    return this.useCases.audit.listAll(caller, filter, { pageSize, pageToken });
  }

  @Route(exportAllAudit)
  exportAllAudit(@Input() { caller }: RouteInput<typeof exportAllAudit>, @Res() response: Response): Promise<void> {
    return sendLines(response, this.useCases.audit.exportAll(caller));
  }
}
