import * as graphileWorker from './engine-graphile-worker.mjs';
import * as pgBoss from './engine-pg-boss.mjs';
import * as smartant from './engine-smartant.mjs';
import * as temporal from './temporal/engine.mjs';

export const engines = { smartant, 'pg-boss': pgBoss, 'graphile-worker': graphileWorker, temporal };
