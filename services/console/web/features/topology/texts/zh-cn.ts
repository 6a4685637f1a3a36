import type { en } from './en';

export const zhCn: typeof en = {
  title: '服务拓扑',
  lead: '平台当前由哪些服务组成：健康状况、版本与进程，均由各进程每十秒自行上报。',
  none: '还没有收到任何服务的上报。',
  layers: { control: '调度', workers: '搬运数据', telling: '通知' },
  health: { healthy: '健康', degraded: '部分异常', down: '不可用', absent: '未收到上报' },
  states: { ready: '就绪', unready: '未就绪', silent: '失联' },
  versions: '版本',
  noVersion: '无版本号',
  instances: (count: string) => `× ${count} 个`,
  instancesOf: (service: string) => `${service} 的进程`,
  share: (percent: string) => `占调用的 ${percent}`,
  shareOf: (version: string) => `${version} 所处理调用的占比`,
  seen: '上报于',
  started: '启动于',
  calls: (count: string) => `每分钟 ${count} 次调用`,
  neverSeen: '平台部署以来从未收到其上报。',
  logsOf: (service: string) => `${service} 的日志`,
  footnote: '超过半分钟没有上报的进程视为失联。调用占比为各版本在最近一分钟处理的调用：在服务网格中会随灰度权重变化。',
};
