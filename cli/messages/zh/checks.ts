import type { checks as en } from '../en/checks';

/** 与 ../en/checks.ts 逐项对应。 */
export const checks: typeof en = {
  help: {
    verify: '数据库：在增量同步的同时比对各行',
    repair: '数据库：把不一致的行从源端重新复制，然后再次比对',
    checks: '数据库：增量同步期间做过的比对与修复',
    table: '只针对源端的这个表，写作 SCHEMA.TABLE；可重复',
    noWait: '不等待结果；结果见 migration checks',
  },
  columns: { differences: '不一致', repaired: '已修复', asked: '提出时间' },
  none: '尚未做过比对。',
  asked: (check, id) => `正在进行 ${check}。查看：smartant migration checks ${id}`,
  equal: (tables, rows) => `一致：${tables} 个表，共 ${rows} 行。`,
  different: (count) => `目标端有 ${count} 行与源端不一致：`,
  repaired: (count) => `已修复 ${count} 行。`,
  undecided: (tables) => `每次查看时都在变化，无法判断：${tables}`,
  wouldDo: '割接将会：',
  expectedDowntime: (duration) => `写入方预计等待 ${duration}。`,
  noPreview: (reason) => `无法查询割接的具体步骤：${reason}`,
  asks: {
    repair: (id, tables) =>
      `修复${tables === '' ? id : ` ${id} 的 ${tables}`}：目标端不一致的行将按源端写入或删除。写入这些行的会话会短暂等待。`,
  },
};
