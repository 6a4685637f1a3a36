import { z } from 'zod';
import { SHARD_STATES } from '../../../application/migrations/shard-use-cases';
import { count, page, pageQuery, response, timestamp } from './named-schema';

const runId = () => z.string().min(1).max(64).optional().describe('Of this run; the latest that has had shards when absent.');

export const shardMapQuery = z.strictObject({
  runId: runId(),
  cells: z.coerce.number().int().min(1).max(2_000).optional().describe('At most so many cells a stage, 1 to 2,000. 400 when absent.'),
});

export const shardQuery = z.strictObject({ runId: runId(), state: z.enum(SHARD_STATES).optional(), ...pageQuery });

export const shardCell = response(
  'ShardCell',
  z.object({
    stage: z.string().describe('What is done to its shards, for example `sync` or `verify`.'),
    index: count().describe('From 0, in the order of the ranges.'),
    shards: count().describe('The sum of the five numbers after it.'),
    waiting: count(),
    working: count().describe('Held under a lease.'),
    retrying: count().describe('To be tried again after a failure.'),
    abandoned: count().describe('Their holder let the lease run out: somebody else takes them over.'),
    done: count(),
    attempts: count().describe('The most failures in a row that one of them has.'),
    bytes: count().describe('Moved or compared.'),
    pageToken: z.string().describe('Of a page of shards that begins with its first one.'),
  }),
);

export const shardMap = response(
  'ShardMap',
  z.object({
    runId: z.string().nullable().describe('Null: no run of the migration has had shards yet.'),
    shardsTotal: count(),
    shardsDone: count(),
    shardsForgotten: count().describe('Those that ended so long ago that only their number is kept: no cell counts them.'),
    cells: z.array(shardCell),
  }),
);

export const shardPage = page(
  'ShardPage',
  response(
    'Shard',
    z.object({
      id: z.string(),
      stage: z.string(),
      ordinal: count(),
      path: z.array(count()).describe('The parts of parts that it is, where shards were split.'),
      state: z.enum(SHARD_STATES),
      range: z.string().describe('As its migrator writes it, cut where it is long.'),
      holder: z.string().nullable().describe('The worker that holds its lease.'),
      leaseUntil: timestamp().nullable(),
      epoch: count().describe('Grows with each claim; 0: it was never claimed.'),
      attempts: count().describe('Failures in a row.'),
      takeovers: count().describe('How often its holders let the lease run out since its last checkpoint.'),
      lastError: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
      notBefore: timestamp().nullable().describe('It is not begun before; null: at once.'),
      finishedAt: timestamp().nullable(),
      counters: z.record(z.string(), z.number()).describe("What it has counted, as in the migration's ledger."),
    }),
  ),
);
