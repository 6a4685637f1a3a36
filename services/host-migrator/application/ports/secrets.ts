import type { HostSecret } from '@smartant/connectors';
import type { SecretSource as AnySource } from '@smartant/runs';

export type SecretSource = AnySource<HostSecret>;
