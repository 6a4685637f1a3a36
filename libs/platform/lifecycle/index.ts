export { exitCodes, orExit, reportFatal } from './fatal-error';
export { runService, type OnShutdown, type RunServiceOptions } from './run-service';
