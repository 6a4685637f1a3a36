import type { images as en } from '../en/images';

/** 主机磁盘镜像的文字。 */
export const images: typeof en = {
  help: {
    manifests: '为主机迁移成的镜像生成 KubeVirt 清单（YAML）',
    machineName: '虚拟机名称（默认：主机名）',
    namespace: '虚拟机所在的命名空间（默认：default）',
    storageClass: '磁盘的存储类（默认：集群的默认值）',
    imageUrl: '集群获取镜像的 http(s) 地址（默认：等待 virtctl image-upload）',
    s3: '该地址是 S3 对象',
    readWith: '读取该地址所用的 Secret 的名称（同一命名空间），含 accessKeyId 和 secretKey',
    network: '主机网卡接入的网络：pod、none 或 NetworkAttachmentDefinition；可重复（默认：第一块接入 pod）',
    upload: '把主机迁移成的镜像上传到存储桶，并在那里比对',
  },
  imageIs: (image) => `镜像：${image}（文件根/路径）。`,
  byUpload: (name, namespace) => [
    'DataVolume 等待上传镜像。对本文件执行 "kubectl apply -f" 之后：',
    `  virtctl image-upload dv ${name} --namespace ${namespace} --no-create --image-path FILE`,
  ],
  byUrl: (url, id) => [
    `DataVolume 从 ${url} 获取镜像；镜像须已在那里。`,
    `上传到存储桶：smartant migration upload-image ${id} s3://BUCKET/PREFIX/`,
  ],
  start: (name, namespace) => `虚拟机创建后处于停止状态。源机关闭后再启动：virtctl start ${name} --namespace ${namespace}`,
  uploading: (id) => `${id} 正在上传镜像；对象与镜像比对完成后自行结束。`,
};
