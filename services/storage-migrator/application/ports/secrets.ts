import type { StorageSecret } from '@smartant/connectors';
import type { SecretSource as AnySource } from '@smartant/runs';

export type SecretSource = AnySource<StorageSecret>;
