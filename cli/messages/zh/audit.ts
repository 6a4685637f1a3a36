import type { audit as en } from '../en/audit';

/** 审计记录。与 ../en/audit.ts 逐项对应。 */
export const audit: typeof en = {
  help: {
    adminAudit: '整个平台的审计记录',
    adminAuditVerify: '导出所有链，并在本机用您信任的公钥核验',
    audit: '谁做了什么，谁被拒绝（所有者）',
    auditList: '列出已执行和被拒绝的操作，最新的在前',
    auditFrom: '此时间及以后的条目（2026-11-28、2026-11-28T08:00:00+08:00）',
    auditTo: '此时间以前的条目',
    auditActor: '只看该用户 ID、service:… 或 system',
    auditAction: 'endpoint.create；或 endpoint，即对端点的所有操作',
    auditTarget: '只看对该 ID 的操作',
    auditAll: '整个平台（管理员）',
    auditExport: '把工作区的审计记录逐行写入 FILE（或标准输出），任何人都可核验',
    auditAfter: '只要序号更大的条目，即上次导出之后新增的',
    auditVerify: '离线核验导出：若有改动、缺失或截断，退出码为 3（- 表示标准输入）',
    auditKey: '您信任的公钥的 PEM 文件；可重复',
    auditCheckpoint: '以前的导出或您保存的检查点：其中见证的内容必须仍然存在；可重复',
  },
  texts: {
    audit: {
      none: '还没有操作或拒绝的记录，或没有符合条件的记录。',
      exported: (path: string) => `审计记录已写入 ${path}。核验：smartant audit verify ${path}`,
      chain: (chain: string, first: string, last: string, hash: string) => `${chain}：条目 ${first} 至 ${last}，链头 ${hash}`,
      line: (line: number) => `第 ${line} 行`,
      whole: (entries: string, at: string) => `完整：${entries} 个条目，截至 ${at} 未被改动。`,
      broken: (count: string) => `不完整：${count} 处差异。`,
      withoutCheckpoint: '请注意：同时掌握数据库和签名密钥的人可以重新制作整条记录。请用 --checkpoint 加上您以前保存的导出。',
      kinds: {
        unreadable: '此行与写入时不同',
        changed: '条目被改动',
        missing: '从此处起缺少条目',
        misplaced: '不在写入时的位置',
        unlinked: '与前一条目不相接',
        'begins-late': '缺少更早的条目，且没有签名声明说明原因',
        'cut-off': '签名声明表明链曾到达此条目，但链在此之前就结束了',
        rewritten: '签名声明表明此条目原来是另一个',
        unsigned: '从此处起，导出的签名结尾不包含该链',
        untrusted: '声明不是由您信任的公钥签署的',
        unclosed: '缺少导出的签名结尾',
      },
    },
  },
};
