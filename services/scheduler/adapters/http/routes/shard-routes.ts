import { defineRoute } from '../route-definition';
import { shardMap, shardMapQuery, shardPage, shardQuery } from '../schemas/shard-schemas';

export const mapShards = defineRoute({
  operationId: 'mapShards',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/shard-map',
  tag: 'Migrations',
  summary: 'How the shards of a migration stand, as a bounded number of cells',
  description: 'Neighbours share a cell where a stage has more shards than cells, so that the answer is small however many there are.',
  permission: 'migration:read',
  admission: 'report',
  query: shardMapQuery,
  status: 200,
  answer: shardMap,
});

export const listShards = defineRoute({
  operationId: 'listShards',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/shards',
  tag: 'Migrations',
  summary: 'The shards of a migration one by one',
  description: 'By stage, then in the order of their ranges: state, holder, epoch, attempts, the last error, and what each has counted.',
  permission: 'migration:read',
  admission: 'list',
  query: shardQuery,
  status: 200,
  answer: shardPage,
});

export const shardRoutes = [mapShards, listShards];
