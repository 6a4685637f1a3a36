export { configureHttpApi, type HttpServerOptions } from './configure-http-api';
export { CONSOLE_BASE } from './console/serve-console';
export { HttpApiModule } from './http-api-module';
export type { HttpApiOptions } from './http-api-options';
export { openApiDocument } from './openapi-document';
export { startTlsEdge, type TlsEdge, type TlsEdgeOptions } from './tls-edge';
