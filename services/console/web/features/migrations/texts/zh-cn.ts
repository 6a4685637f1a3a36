import type { en } from './en';

export const zhCn: typeof en = {
  title: '迁移',
  lead: '此工作空间中已完成、进行中和待执行的全部迁移。',
  begin: '新建迁移',
  name: '名称',
  kind: '类型',
  phase: '阶段',
  status: '状态',
  progress: '进度',
  copied: '已复制',
  created: '创建时间',
  emptyTitle: '还没有迁移',
  emptyText: '迁移会把主机、数据库或存储桶从一处搬到另一处，并证明没有丢失任何数据。',
  start: '快速开始',
  searchName: '按名称搜索',
  noneMatch: '没有符合筛选条件的迁移。',
  newer: '较新',
  older: '较早',
  pages: '分页',
};
