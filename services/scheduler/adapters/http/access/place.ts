import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Permit } from '@smartant/platform/admission';
import type { Request } from 'express';
import { finalize, type Observable } from 'rxjs';
import { requestState } from '../request/request-state';

/**
 * A request's place among those of its class. It is left when the answer is out and the work is done: a client that hangs up does not make
 * room for its next try while its first one still costs.
 */
export class Place {
  private answered = false;
  private working = false;

  constructor(private readonly permit: Permit) {}

  begin(): void {
    this.working = true;
  }

  end(): void {
    this.working = false;
    this.leaveIfOver();
  }

  close(): void {
    this.answered = true;
    this.leaveIfOver();
  }

  private leaveIfOver(): void {
    if (this.answered && !this.working) this.permit.leave();
  }
}

/** Tells the place of a request when its handler is at work. */
export class PlaceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const place = requestState(context.switchToHttp().getRequest<Request>()).place;
    place?.begin();
    return next.handle().pipe(finalize(() => place?.end()));
  }
}
