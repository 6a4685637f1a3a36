import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import type { ImageSource } from '../../../domain/migration/kubevirt-manifests';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { getKubevirtManifests, uploadImage } from '../routes/image-routes';
import { ApiController } from './api-controller';

type ManifestsInput = RouteInput<typeof getKubevirtManifests>;

@ApiController()
export class ImageController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(getKubevirtManifests)
  getKubevirtManifests(@Input() { caller, params, query }: ManifestsInput): Promise<RouteAnswer<typeof getKubevirtManifests>> {
    const { name = '', namespace, storageClass = '', networks = '' } = query;
    const wishes = { name, namespace, storageClass, source: sourceOf(query), networks: networksOf(networks) };
    return this.useCases.migrations.kubevirtManifests(caller, params.id, wishes);
  }

  @Route(uploadImage)
  uploadImage(@Input() { caller, params, body, requestId }: RouteInput<typeof uploadImage>): Promise<RouteAnswer<typeof uploadImage>> {
    return this.useCases.migrations.uploadImage(caller, params.id, body, requestId);
  }
}

function sourceOf({ source, url = '', secretName = '' }: ManifestsInput['query']): ImageSource {
  if (source === 's3') return { kind: source, url, secretName };
  return url === '' ? { kind: 'upload' } : { kind: 'http', url, secretName };
}

/** "eth0=pod,eth1=vlan-12" */
function networksOf(text: string): { source: string; network: string }[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((each) => ({ source: each.split('=')[0] ?? '', network: each.split('=')[1] ?? '' }));
}
