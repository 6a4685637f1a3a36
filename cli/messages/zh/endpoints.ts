import type { endpoints as en } from '../en/endpoints';

/** 端点与文件根目录。与 ../en/endpoints.ts 逐项对应。 */
export const endpoints: typeof en = {
  help: {
    endpointForms: `端点（SRC、DST）的写法：
  s3://bucket/folder?endpoint=http://host:9000&region=us-east-1   还可带 profile=、addressing=path|virtual、ca=FILE
  postgres://user@host:5432/database?sslmode=verify-full           还可带 ca=FILE、host=/socket/folder
  file:///absolute/path                                            须位于已登记的文件根目录之下
  ssh://user@host:22?become=sudo                                   Linux 主机：源，或目标上的救援系统
  image:./disk.qcow2?format=qcow2                                  已登记的文件根目录之下的磁盘镜像：目标
  NAME                                                             已保存的端点
凭证取自环境变量 SMARTANT_SOURCE_…、SMARTANT_TARGET_…（ACCESS_KEY_ID、SECRET_ACCESS_KEY、SESSION_TOKEN）、
AWS_…，或某个 AWS profile；数据库密码取自 SMARTANT_SOURCE_PASSWORD、SMARTANT_TARGET_PASSWORD、
PGPASSWORD 或文件；主机的取自密钥文件（--source-identity）或 SMARTANT_SOURCE_PASSWORD、…_PASSPHRASE、…_BECOME_PASSWORD；
绝不写在命令行里。`,
    sideNetwork: `直接写出的端点也可使用 “endpoint add” 的 --via-… 与 --tls-… 选项，前面加上所属一侧：
  --source-via-ssh USER@HOST --source-via-key FILE   --target-tls-pin SHA256   …
密码取自 SMARTANT_SOURCE_VIA_PASSWORD 与 SMARTANT_TARGET_VIA_PASSWORD；两侧相同时用 SMARTANT_VIA_PASSWORD。`,
    endpoint: '数据所在之处',
    endpointAdd: '以名称保存一个端点',
    endpointUpdate: '更换端点的密钥；若给出 URL，则同时更换位置',
    endpointUpdateProfile: '存有新密钥的 AWS profile（不指定则与 endpoint add 相同）',
    viaProxy: '经由此 HTTP 代理访问（http://[用户@]主机:端口）；可重复',
    viaSocks: '经由此 SOCKS 5 代理访问（[用户@]主机[:端口]）；排在 HTTP 代理之后；可重复',
    viaSsh: '经由此跳板机访问（用户@主机[:端口]）；排在代理之后；可重复，按经过的顺序',
    viaHostKey: '跳板机的主机密钥指纹（SHA256:…；默认取 ~/.ssh/known_hosts 中的）；可重复',
    viaKey: '登录跳板机的私钥文件；否则用 SMARTANT_VIA_PASSWORD 中的密码；可重复，每台跳板机一个',
    tlsServerName: '证书必须包含的名称（与地址不同时）',
    tlsMin: 'TLS 最低版本：1.2 或 1.3',
    tlsPin: '唯一接受的证书的 SHA-256，不再检查其他内容',
    tlsClientCert: '客户端证书及其证书链（PEM 文件）',
    tlsClientKey: '客户端证书的私钥（PEM 文件）',
    endpointList: '列出已保存的端点',
    endpointShow: '查看端点；密钥永不显示',
    endpointTest: '连接端点、验证凭证，并说明它支持什么',
    endpointLimits: '查看或修改一个端点上所有迁移任务共享的限额',
    endpointRm: '删除端点及其密钥；数据不受影响',
    endpointImport: '批量保存端点清单（.csv、.json、.yaml），或导入 rclone.conf 中的 S3 远端',
    importBucket: '远端对应的存储桶（NAME=BUCKET[/FOLDER]，或写 BUCKET 表示全部）；可重复',
    importRemote: '只导入这个远端；可重复',
    importSecrets: '权限为 0600 的 JSON 文件，保存清单中按名称引用的密钥',
    importConcurrency: '同时发出的请求数，1 到 32（默认 8）',
    importForms: `清单的字段（.csv 的表头；.json、.yaml 中每个条目一个对象）：
  name，以及 url=s3://…，或 kind、serviceUrl、region、bucket、prefix、addressing、caFile；文件端点用 root、path
  密钥只写引用：profile；secret（--keys-file FILE 中的名称）；或 accessKeyId / accessKeyIdEnv 加
  secretAccessKeyEnv / secretAccessKeyFile，以及 sessionTokenEnv / sessionTokenFile。都不写则取 AWS_…
  数据库：url=postgres://…，或 host、port、database、user、tlsMode、caFile；passwordEnv 或 passwordFile
已有的条目保持不变，因此中断后重新运行同一命令即可继续。
退出码：0 全部就绪，1 部分失败，2 文件或命令有误。`,
    root_: '迁移服务器上允许 file:// 访问的目录（管理员）',
    rootAdd: '开放一个目录',
    rootList: '列出已开放的目录',
    rootRm: '关闭一个目录；文件不受影响',
  },
  texts: {
    needsSecret: '凭证已丢失，请运行 smartant endpoint update',
    endpointSaved: (name) => `端点 ${name} 已保存。试一试：smartant endpoint test ${name}`,
    endpointUpdated: (name) => `端点 ${name} 的密钥已更换，运行中的任务将在五分钟内使用新密钥。`,
    endpointRemoved: (name) => `端点 ${name} 已删除，数据未受影响。`,
    removeEndpoint: (name) => `将删除端点 ${name} 及其密钥，数据不受影响。`,
    reachable: (name, ms) => `${name} 连接正常，往返 ${ms}。`,
    notReachable: (name) => `${name} 无法使用：`,
    imported: (name) => `${name}：已保存`,
    importedAlready: (name) => `${name}：已有同名端点`,
    bulk: {
      line: '行',
      outcome: '结果',
      name: '名称',
      outcomes: { created: '已创建', new: '将创建', unchanged: '未变', failed: '失败' },
      summary: (counts) =>
        `已创建 ${counts.created} 个，${counts.new > 0 ? `将创建 ${counts.new} 个，` : ''}未变 ${counts.unchanged} 个，失败 ${counts.failed} 个。`,
    },
    skippedRemote: (name, why) => `${name}：跳过，${why}`,
    rootAdded: (name, path) => `${path} 已作为 ${name} 开放给文件端点。`,
    rootNotHere: (path) => `注意：本机上没有目录 ${path}，而服务器似乎也运行在本机。`,
    rootRemoved: (name) => `目录 ${name} 已关闭，文件未受影响。`,
    removeRoot: (name) => `将关闭目录 ${name}，文件不受影响。`,
  },
};
