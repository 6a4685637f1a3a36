import { gauge } from '@smartant/platform/metrics';
import type { DataSource } from 'typeorm';

/** What `pg` tells of a pool. */
interface PoolCounts {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  options: { max: number };
}

const watched = new Map<DataSource, string>();

const connections = gauge('smartant_pool_connections', 'Connections of a pool to PostgreSQL that are open.', ['pool', 'state']);
const waiting = gauge('smartant_pool_waiting', 'Statements and transactions that wait for a connection of the pool.', ['pool']);
const limit = gauge('smartant_pool_limit', 'Connections that the pool may open.', ['pool']);
// One of the three asks for all: they are read in the order in which they were made.
Object.assign(connections, { collect: publish });

/** Publishes the pool's use, saturation and size under its application's name until it is forgotten. Two of one name are added up. */
export function watchPool(name: string, dataSource: DataSource): void {
  watched.set(dataSource, name);
}

export function forgetPool(dataSource: DataSource): void {
  watched.delete(dataSource);
}

function publish(): void {
  for (const metric of [connections, waiting, limit]) metric.reset();
  for (const [dataSource, pool] of watched) {
    const { totalCount, idleCount, waitingCount, options } = (dataSource.driver as unknown as { master: PoolCounts }).master;
    connections.inc({ pool, state: 'busy' }, totalCount - idleCount);
    connections.inc({ pool, state: 'idle' }, idleCount);
    waiting.inc({ pool }, waitingCount);
    limit.inc({ pool }, options.max);
  }
}
