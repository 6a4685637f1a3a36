import type { Logger } from 'pino';

/** The shape of Nest's `LoggerService`, spelled out here so that logging does not depend on Nest. */
export interface NestLoggerService {
  log(message: unknown, ...rest: unknown[]): void;
  error(message: unknown, ...rest: unknown[]): void;
  warn(message: unknown, ...rest: unknown[]): void;
  debug(message: unknown, ...rest: unknown[]): void;
  verbose(message: unknown, ...rest: unknown[]): void;
  fatal(message: unknown, ...rest: unknown[]): void;
}

/** Lets Nest log through pino: `NestFactory.create(AppModule, { logger: nestLogger(logger) })`. Its start-up chatter becomes debug. */
export function nestLogger(logger: Logger): NestLoggerService {
  const at =
    (level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.at(-1); // Nest gives the name of the class last, and for errors a stack before it
      const stack = rest.length > 1 ? rest[0] : undefined;
      if (message instanceof Error) logger[level]({ err: message, context }, message.message);
      else
        logger[level]({ context, stack, ...(typeof message === 'object' ? message : {}) }, typeof message === 'string' ? message : 'nest');
    };
  return { log: at('debug'), error: at('error'), warn: at('warn'), debug: at('debug'), verbose: at('trace'), fatal: at('fatal') };
}
