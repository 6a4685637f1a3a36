import { queryOptions } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

export type PlatformService = Schema<'PlatformService'>;
export type ServiceInstance = PlatformService['instances'][number];

const LOOK_MS = 5_000;

export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/platform/services', { signal })),
  refetchInterval: LOOK_MS,
});
