import { startTelemetryFromEnvironment } from '../index';

export const telemetry = startTelemetryFromEnvironment('spec-service');
