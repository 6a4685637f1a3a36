import type { INestApplication } from '@nestjs/common';
import { listenError } from '@smartant/platform/health';
import { grpcServerOptions, type GrpcServerSettings } from './server-options';

/**
 * Adds the gRPC server to a Nest application and listens; `app.close()` stops it. Raises `PORT_IN_USE` or `LISTEN_FAILED`.
 */
export async function startGrpcServer(app: INestApplication, settings: GrpcServerSettings): Promise<void> {
  app.connectMicroservice(grpcServerOptions(settings));
  try {
    await app.startAllMicroservices();
  } catch (error) {
    // grpc-js gives listen errors as text only: "No address added out of total 1 resolved errors: [listen EADDRINUSE: …]"
    const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL)\b/.exec(String(error))?.[1];
    if (code === undefined) throw error;
    const colon = settings.url.lastIndexOf(':');
    throw listenError(Object.assign(error as Error, { code }), settings.url.slice(0, colon), Number(settings.url.slice(colon + 1)));
  }
}
