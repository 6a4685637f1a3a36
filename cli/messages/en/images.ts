/** Of disk images of hosts. */
export const images = {
  help: {
    manifests: 'manifests of KubeVirt (YAML) for the image that a host was migrated into',
    machineName: "name of the machine (default: the host's)",
    namespace: 'namespace of the machine (default: default)',
    storageClass: "storage class of its disk (default: the cluster's)",
    imageUrl: 'http(s) address that the cluster takes the image from (default: it waits for virtctl image-upload)',
    s3: 'the address is one of an object of S3',
    readWith: 'name of a Secret of the namespace, with accessKeyId and secretKey, that the address is read with',
    network:
      'network that a card of the host comes into: pod, none, or a NetworkAttachmentDefinition; repeatable (default: the first into pod)',
    upload: 'upload the image that a host was migrated into to a bucket, and compare it there',
  },
  imageIs: (image: string) => `The image: ${image} (file root/path).`,
  byUpload: (name: string, namespace: string) => [
    'The DataVolume waits for it to be uploaded. After "kubectl apply -f" of this file:',
    `  virtctl image-upload dv ${name} --namespace ${namespace} --no-create --image-path FILE`,
  ],
  byUrl: (url: string, id: string) => [
    `The DataVolume takes it from ${url}; it has to be there.`,
    `To a bucket: smartant migration upload-image ${id} s3://BUCKET/PREFIX/`,
  ],
  start: (name: string, namespace: string) =>
    `The machine is made stopped. Start it when its source is off: virtctl start ${name} --namespace ${namespace}`,
  uploading: (id: string) => `${id} uploads the image. It ends by itself once the object has been compared with the image.`,
};
