import type { Language } from '../message';

/** What an alert of a known name is about, and what to do first. */
export interface KnownText {
  readonly title: string;
  readonly advice: string;
}

type Texts = Readonly<Record<Language, KnownText>>;
const said = (en: string, enAdvice: string, zh: string, zhAdvice: string): Texts => ({
  en: { title: en, advice: enAdvice },
  zh: { title: zh, advice: zhAdvice },
});

/** Of the business and of clusters; alerts of other names are told by their own annotations. */
export const KNOWN_ALERTS: Readonly<Record<string, Texts>> = {
  'migration-failed': said(
    'Migration failed',
    'Read the error, mend what it names, then retry the migration.',
    '迁移失败',
    '请查看错误并处理其原因，然后重试迁移。',
  ),
  'migration-stalled': said(
    'Migration makes no progress',
    'Look whether its endpoints answer, whether limits or a calendar hold it, and at the log of its migrator.',
    '迁移停滞',
    '请检查端点是否可达、是否受限速或时间窗口限制，并查看迁移器日志。',
  ),
  'migration-stuck': said(
    'Migration does not go on',
    'What is due for it has not gone through for minutes: look at the error, and at the service that is named.',
    '迁移无法推进',
    '待执行的操作数分钟未成功：请查看错误及相关服务。',
  ),
  'migration-lag': said(
    'Changes lag behind',
    'Raise the limits of the migration, or look at the load of source and target.',
    '增量延迟过高',
    '请提高迁移限速，或检查源端与目标端负载。',
  ),
  'source-log-danger': said(
    'The source keeps much log',
    'Its disk may fill up: let the stream catch up, or cancel the migration.',
    '源端日志堆积',
    '源端磁盘可能写满：请让增量追平，或取消迁移。',
  ),
  'cutover-due': said(
    'Cutover is due',
    'Everything is ready: cut over when your window is open.',
    '可以割接',
    '一切就绪：请在窗口期内执行割接。',
  ),
  'verification-mismatch': said(
    'Source and target differ',
    'Look at the differences; repair, waive or copy anew before you go on.',
    '校验不一致',
    '请查看差异；修复、豁免或重新复制后再继续。',
  ),
  'window-missed': said(
    'A window was missed',
    'The work did not begin or end within its window: look at what held it, and plan the next one.',
    '错过时间窗口',
    '任务未在窗口内开始或完成：请查明原因并安排下一窗口。',
  ),
  'endpoint-unreachable': said(
    'Endpoint unreachable',
    'Check that it runs, its address, the network on the way and its credentials.',
    '端点不可达',
    '请检查端点是否运行、地址、网络及凭据。',
  ),
  'ledger-not-reconciling': said(
    'The ledger does not reconcile',
    'What was read and what was written do not add up: do not cut over before it is explained.',
    '账目不平',
    '读写数目不符：查明之前请勿割接。',
  ),
  'credentials-near-expiry': said(
    'Credentials expire soon',
    'Enter new ones at the endpoint; what runs goes on with them.',
    '凭据即将过期',
    '请在端点中更新凭据；运行中的任务会继续使用新凭据。',
  ),
  'items-quarantined': said(
    'Units were put aside',
    'Look at their errors, mend what they name, then retry or skip them.',
    '有单元被隔离',
    '请查看其错误并处理，然后重试或跳过。',
  ),
  'events-parked': said('Events were parked', 'Read the reason, mend it, then replay them.', '事件被搁置', '请查看原因并处理，然后重放。'),
  'outbox-behind': said(
    'Events wait to be published',
    'Look at the event bus and the log of the relay.',
    '事件发布积压',
    '请检查事件总线及转发日志。',
  ),
  'audit-behind': said('The audit trail lags behind', 'Look at the log of the scheduler.', '审计链滞后', '请查看调度器日志。'),
  'audit-chain-broken': said(
    'The audit trail does not add up',
    'Somebody changed the database: keep it as it is, and verify an export offline.',
    '审计链断裂',
    '数据库可能被改动：请保留现场，并离线校验导出文件。',
  ),
  'signing-key-old': said('The signing key is old', 'Rotate it.', '签名密钥过旧', '请轮换密钥。'),
  'node-not-ready': said(
    'Node not ready',
    'Look at its kubelet, its network and its pressure.',
    '节点未就绪',
    '请检查 kubelet、网络与资源压力。',
  ),
  'node-memory-pressure': said('Node short of memory', 'Free memory there, or move pods away.', '节点内存压力', '请释放内存或迁走 Pod。'),
  'node-disk-pressure': said('Node short of disk', 'Free disk there, or move pods away.', '节点磁盘压力', '请清理磁盘或迁走 Pod。'),
  'node-pid-pressure': said('Node short of processes', 'Find what starts so many.', '节点进程数压力', '请排查进程数过多的原因。'),
  'node-network-unavailable': said('Network of a node unavailable', 'Look at its network plug-in.', '节点网络不可用', '请检查网络插件。'),
  'node-cordoned': said('Node takes no new pods', 'Uncordon it when its work is done.', '节点已停止调度', '维护完成后请恢复调度。'),
  'node-capacity-low': said('Node nearly full', 'Add nodes, or lower requests.', '节点容量不足', '请增加节点或降低资源请求。'),
  'node-evicting': said('Node evicts pods', 'Look at its memory and disk.', '节点正在驱逐 Pod', '请检查节点内存与磁盘。'),
  'cluster-capacity-low': said('Cluster nearly full', 'Add nodes, or lower requests.', '集群容量不足', '请增加节点或降低资源请求。'),
  'component-not-ready': said('Component not ready', 'Look at its pods and their log.', '组件未就绪', '请查看其 Pod 及日志。'),
  'pod-crash-looping': said('Container crashes again and again', 'Read the log of its last run.', '容器反复崩溃', '请查看上次运行的日志。'),
  'pod-evicted': said(
    'Pod was evicted',
    'Look at the pressure of its node, and at its requests.',
    'Pod 被驱逐',
    '请检查节点压力与资源请求。',
  ),
  'pod-unschedulable': said(
    'Pod cannot be scheduled',
    'Look at requests, taints and the room on nodes.',
    'Pod 无法调度',
    '请检查资源请求、污点及节点余量。',
  ),
  'pod-creation-failed': said('Pod cannot be created', 'Look at quotas and admission rules.', 'Pod 创建失败', '请检查配额与准入策略。'),
  'oom-killed': said(
    'Container out of memory',
    'Raise its memory limit, or find what takes so much.',
    '容器内存溢出',
    '请提高内存限制，或排查内存占用。',
  ),
  'image-pull-failed': said(
    'Image cannot be pulled',
    'Check its name, the registry and the pull secret.',
    '镜像拉取失败',
    '请检查镜像名、仓库及拉取凭据。',
  ),
  'container-start-failed': said(
    'Container does not start',
    'Look at its command, its configuration and its mounts.',
    '容器启动失败',
    '请检查启动命令、配置及挂载。',
  ),
  'probe-failing': said('Probe fails', 'Look at the log of the container.', '探针失败', '请查看容器日志。'),
  'job-failed': said('Job failed', 'Read the log of its pods.', 'Job 失败', '请查看其 Pod 日志。'),
  'quota-exhausted': said(
    'Quota used up',
    'Raise the quota, or remove what is not needed.',
    '配额已耗尽',
    '请提高配额，或清理不需要的资源。',
  ),
  'quota-near-limit': said(
    'Quota nearly used up',
    'Raise the quota, or remove what is not needed.',
    '配额即将耗尽',
    '请提高配额，或清理不需要的资源。',
  ),
  'api-server-unreachable': said(
    'Kubernetes API unreachable',
    'Look at the control plane and the network to it.',
    'Kubernetes API 不可达',
    '请检查控制平面及网络。',
  ),
  'api-server-not-ready': said('Kubernetes API not ready', 'Look at the control plane.', 'Kubernetes API 未就绪', '请检查控制平面。'),
};

/** Names of known alerts whose title in any language holds `text`; case does not matter. None for the empty text. */
export function namesCalled(text: string): string[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  return Object.entries(KNOWN_ALERTS)
    .filter(([, { en, zh }]) => [en, zh].some(({ title }) => title.toLowerCase().includes(wanted)))
    .map(([name]) => name);
}
