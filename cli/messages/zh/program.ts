import type { program as en } from '../en/program';

/** 程序本身：各命令的帮助、错误与询问。与 ../en/program.ts 逐项对应。 */
export const program: typeof en = {
  help: {
    headings: { 'Usage:': '用法：', 'Options:': '选项：', 'Commands:': '命令：', 'Arguments:': '参数：', 'Global Options:': '全局选项：' },
    root: '迁移文件目录、存储桶与数据库，并证明数据无一遗漏。',
    exitCodes: `退出码：
  0 完成且校验一致   1 失败   2 用法有误   3 发现差异
  4 需要登录         5 稍后重试可能成功     6 已取消，或中途停止等待`,
    output: '输出格式：table、wide、json 或 yaml',
    workspace: '工作空间的名称或 ID',
    help: '显示帮助',
    helpCommand: '显示某个命令的帮助',
    yes: '不再询问',
    dryRun: '只说明会做什么，不做任何改动',
    completion: '输出 bash、zsh 或 fish 的补全脚本',
  },
  texts: {
    error: { error: '错误', hint: '建议', trace: '追踪号', docs: '参见' },
    confirm: (what) => `${what}继续吗？[y/N] `,
    declined: '未做任何改动。',
    dryRun: (what) => `将要执行：${what}未做任何改动。`,
  },
};
