export { configureHttpApi, type HttpServerOptions } from './configure-http-api';
export { HttpApiModule } from './http-api-module';
export type { HttpApiOptions } from './http-api-options';
export { openApiDocument } from './openapi-document';
export { startTlsEdge, type TlsEdge, type TlsEdgeOptions } from './tls-edge';
