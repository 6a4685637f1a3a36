import { join } from 'node:path';
import { HealthRegistry, startAdminServer } from '@smartant/platform/health';
import { orExit, runService } from '@smartant/platform/lifecycle';
import { createLogger } from '@smartant/platform/logging';
import { registry } from '@smartant/platform/metrics';
import { loadSiteFiles } from '@smartant/platform/static-site';
import { loadConsoleConfig } from './config';
import { startPageServer } from './server/page-server';

const NAME = 'console';
const config = orExit(NAME, () => loadConsoleConfig());
const logger = createLogger({ service: NAME, level: config.SMARTANT_LOG_LEVEL, logsDir: config.SMARTANT_LOGS_DIR });

void runService({
  name: NAME,
  logger,
  start: async (onShutdown) => {
    const health = new HealthRegistry();
    const admin = await startAdminServer({ host: config.SMARTANT_BIND, port: config.SMARTANT_ADMIN_PORT, health, registry, logger });
    onShutdown('admin server', () => admin.close());
    // This file runs from dist/, beside the bundled pages.
    const pages = await startPageServer(await loadSiteFiles(join(__dirname, 'web')), config.SMARTANT_BIND, config.SMARTANT_HTTP_PORT);
    onShutdown('page server', () => pages.close());
  },
});
