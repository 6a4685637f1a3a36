import { recordClientRoot } from '@smartant/platform/telemetry';
import { Input, Route } from '../route';
import type { RouteInput } from '../route-definition';
import { reportClientSpan } from '../routes/client-span-routes';
import { ApiController } from './api-controller';

/** Puts the click in a browser above what the platform did because of it. */
@ApiController()
export class ClientSpanController {
  @Route(reportClientSpan)
  reportClientSpan(@Input() { caller, body }: RouteInput<typeof reportClientSpan>): Promise<void> {
    const startedMs = Date.now() - body.startedAgoMs;
    recordClientRoot(body, {
      name: `client ${body.name}`,
      attributes: { 'smartant.workspace': caller.workspaceId, 'smartant.reported_by_client': true },
      startedAt: new Date(startedMs),
      finishedAt: new Date(startedMs + body.durationMs),
      failed: body.failed,
    });
    return Promise.resolve();
  }
}
