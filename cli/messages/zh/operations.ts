import type { operations as en } from '../en/operations';

/** 服务与分片。与 ../en/operations.ts 逐项对应。 */
export const operations: typeof en = {
  help: {
    services: '平台的各个服务：健康状况、版本，以及各进程最近一次上报的时间',
    shards: '迁移任务拆分出的各个分片：状态、持有者、尝试次数与错误',
    shardsRun: '指定某次运行；默认为最近一次有分片的运行',
    shardsState: '只看处于此状态的分片',
  },
  columns: {
    service: '服务',
    health: '健康',
    version: '版本',
    share: '调用占比',
    host: '主机',
    state: '状态',
    seen: '最近上报',
    started: '启动时间',
    problems: '问题',
    stage: '阶段',
    shard: '分片',
    holder: '持有者',
    epoch: '代次',
    attempts: '尝试',
    moved: '已处理',
    error: '错误',
    range: '范围',
  },
  noServices: '还没有收到任何服务的上报。',
  noShards: '该迁移没有这样的分片：运行结束后分片只保留一段时间。',
};
