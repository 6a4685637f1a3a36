import { parentPort } from 'node:worker_threads';
import type { Mutation } from './mutations';
import { runSeeds } from './run-seeds';

export interface Batch {
  from: number;
  count: number;
  mutations: Mutation[];
}

parentPort?.on('message', ({ from, count, mutations }: Batch) => parentPort?.postMessage(runSeeds(from, count, { mutations })));
