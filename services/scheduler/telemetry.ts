import { startTelemetryFromEnvironment } from '@smartant/platform/telemetry';

/** Imported before everything else in main.ts, so that http, grpc and pg are hooked before they load. */
export const telemetry = startTelemetryFromEnvironment('scheduler');
