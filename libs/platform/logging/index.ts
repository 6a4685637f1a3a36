export { closeLogFiles, createLogger, type LoggerOptions } from './create-logger';
export { currentLogContext, withLogContext, type LogContext } from './log-context';
export { nestLogger, type NestLoggerService } from './nest-logger';
export { redactFields, redactText } from './redact';
export { openRotatingFile } from './rotating-file';
export type { Logger } from 'pino';
