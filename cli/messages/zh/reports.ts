import type { reports as en } from '../en/reports';

/** 签名报告及其密钥。与 ../en/reports.ts 逐项对应。 */
export const reports: typeof en = {
  help: {
    report: '签名报告',
    reportShow: '查看割接校验后的报告（-o json 输出签名信封）',
    reportVerify: '用您信任的公钥离线验证报告',
    reportKey: '您信任的公钥 PEM 文件',
    keys: '报告公钥',
    keysList: '列出签署报告的公钥，含已停用的',
  },
  texts: {
    signatureValid: (keyId) => `签名有效，公钥为 ${keyId}。`,
    signatureUnchecked: '尚未验证签名：用 -o json 保存，再执行 smartant report verify FILE --key KEY。',
    proved: '已证明：目标端与源端一致。',
    provedWaived: (count) => `已证明一致，另有 ${count} 处差异已记录在案并放弃。`,
    notProved: (count) => `存在差异：目标端与源端有 ${count} 个对象不同。`,
  },
};
