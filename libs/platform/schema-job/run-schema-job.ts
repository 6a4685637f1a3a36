import { databaseUrlSetting, loadConfig, serviceSettings } from '@smartant/platform/config';
import { exitCodes, orExit, reportFatal } from '@smartant/platform/lifecycle';
import { createLogger } from '@smartant/platform/logging';
import { migrateOnce, type Migration } from '@smartant/platform/postgres';
import { z } from 'zod';
import { endProxy } from './end-proxy';

export interface SchemaJob {
  /** The service whose schema it is. */
  name: string;
  schema: string;
  migrations: Migration[];
}

/** Of all that the service itself asks for, the job needs its database. */
const settings = z.object({
  SMARTANT_DATABASE_URL: databaseUrlSetting,
  SMARTANT_LOG_LEVEL: serviceSettings.SMARTANT_LOG_LEVEL,
  /** Told at the end, so that a sidecar ends with the job: http://127.0.0.1:15020/quitquitquit in Istio. */
  SMARTANT_PROXY_QUIT_URL: z.url({ protocol: /^http$/, error: 'Expected an http address' }).optional(),
});

/**
 * Brings the schema of a service to the newest step and ends: with 0 when it is there, 1 when it could not be brought there (nothing of the failing step
 * stays), 78 for a wrong configuration. Settings are read from the environment.
 */
export async function runSchemaJob({ name, schema, migrations }: SchemaJob): Promise<void> {
  const config = orExit(name, () => loadConfig(settings));
  // The first process of a container hears no signal that it does not ask for; the server undoes what is under way.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(exitCodes.startFailed));
  const logger = createLogger({ service: name, level: config.SMARTANT_LOG_LEVEL });
  process.exitCode = await migrateOnce({ url: config.SMARTANT_DATABASE_URL, schema, applicationName: `${name}-schema`, migrations }).then(
    (done) => {
      logger.info({ schema, ...done }, 'the schema is at its newest step');
      return exitCodes.stopped;
    },
    (error: unknown) => reportFatal(name, error),
  );
  if (config.SMARTANT_PROXY_QUIT_URL === undefined) return;
  await endProxy(config.SMARTANT_PROXY_QUIT_URL).catch((error: unknown) =>
    logger.warn({ err: error }, 'the sidecar could not be told to end: the job ends when it does'),
  );
}
