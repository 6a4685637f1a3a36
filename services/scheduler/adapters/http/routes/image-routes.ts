import { defineRoute } from '../route-definition';
import { imageUploadInput, kubernetesList, kubevirtQuery } from '../schemas/image-schemas';
import { migration } from '../schemas/migration-schemas';

export const getKubevirtManifests = defineRoute({
  operationId: 'getKubevirtManifests',
  method: 'GET',
  path: '/v1/workspaces/{ws}/migrations/{id}/kubevirt-manifests',
  tag: 'Migrations',
  summary: 'Manifests of KubeVirt for the image of a host',
  description:
    'A DataVolume that takes the image in and a VirtualMachine that is made of it, stopped, as a list that `kubectl apply` takes: boot mode, processors, memory and network cards are those of the source, the size of the disk is that of the image. Refused with MIGRATION_IMAGE_NOT_READY until a cutover has proved the image.',
  permission: 'migration:read',
  admission: 'read',
  query: kubevirtQuery,
  status: 200,
  answer: kubernetesList,
});

export const uploadImage = defineRoute({
  operationId: 'uploadImage',
  method: 'POST',
  path: '/v1/workspaces/{ws}/migrations/{id}/image-uploads',
  tag: 'Migrations',
  summary: 'Upload the image of a host to a bucket',
  description:
    'Creates a migration of storage for the one file, whose object is called like the file, behind the prefix of the target. It ends by itself once the object has been compared with the image: watch, pause, limit and report are those of every migration. Refused with MIGRATION_IMAGE_NOT_READY until a cutover has proved the image.',
  permission: 'migration:write',
  admission: 'transition',
  body: imageUploadInput,
  idempotent: true,
  etag: true,
  status: 201,
  answer: migration,
});

export const imageRoutes = [getKubevirtManifests, uploadImage];
