import { applyDecorators, Catch, Controller, Logger, UseFilters, type ArgumentsHost, type RpcExceptionFilter } from '@nestjs/common';
import { toSmartantError } from '@smartant/kernel';
import { throwError, type Observable } from 'rxjs';
import { toGrpcError } from './error-details';

/** Turns what a handler throws into a gRPC status with details. What is unknown becomes `INTERNAL_ERROR`, without its text: that goes to the log. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  private readonly logger = new Logger('gRPC');

  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    const known = toSmartantError(error);
    if (known.kind === 'internal') this.logger.error(error);
    return throwError(() => toGrpcError(known));
  }
}

/** A Nest controller whose methods are RPCs (`@GrpcMethod('Service', 'Method')`), with errors answered as typed details. */
export function RpcController(): ClassDecorator {
  return applyDecorators(Controller(), UseFilters(RpcErrorFilter));
}
