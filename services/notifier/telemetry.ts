import { startTelemetryFromEnvironment } from '@smartant/platform/telemetry';

/** Imported before everything else, so that http, grpc, pg and undici are hooked before they load. */
export const telemetry = startTelemetryFromEnvironment('notifier');
