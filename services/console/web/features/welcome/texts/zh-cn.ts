import type { en } from './en';

export const zhCn: typeof en = {
  title: '您想迁移什么？',
  lead: '选择后，平台会先检查可行性。在您确认之前，源端不会有任何改动。',
  host: { title: '主机', text: '通过 SSH 迁移 Linux 服务器，无需安装代理：文件、系统与服务一并迁移，在目标端可启动，并以试启动证明。' },
  database: { title: '数据库', text: '不停机迁移 PostgreSQL：先全量复制，再追赶变更流，割接只需数秒，并保留回退通道。' },
  storage: { title: '对象存储', text: '任意 S3 服务的存储桶或文件目录：复制、持续同步，并逐个对象比对。' },
  choose: '开始',
  viewer: '您在此处的角色只能查看迁移。如需发起迁移，请联系工作空间所有者将您设为操作员。',
  sampleTitle: '先看一个示例',
  sampleText: '示例会把一个小型文件目录迁移到本机的存储桶中，包含真实迁移的全部环节：复制、割接、证明和报告。',
  sampleOpen: '打开示例',
  sampleMissing: '此平台尚未运行过示例。可使用 npm start -- --sample 启动。',
};
