import type { EgressGuard } from '@smartant/platform/egress';
import type { ChannelTypes } from '../application/ports/channel';
import { webhook } from './webhook/webhook';

/** Every kind of channel that there is. */
export function createChannelTypes({ guard }: { guard: EgressGuard }): ChannelTypes {
  return new Map([webhook(guard)].map((type) => [type.type, type]));
}
