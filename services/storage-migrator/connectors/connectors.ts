import type { OpenStorage } from '@smartant/connectors';
import { openFile } from './file/open-file';
import { openS3 } from './s3/open-s3';
import type { NetworkPolicy } from './s3/s3-transport';

/** The one place that names the concrete connectors. `network` holds the egress guard. */
export function createOpenStorage(network: NetworkPolicy = {}): OpenStorage {
  return (location, options) => {
    switch (location.kind) {
      case 's3':
        return openS3(location, options, network);
      case 'file':
        return openFile(location, options);
    }
  };
}

/** Without an egress guard: for tests and tools. */
export const openStorage: OpenStorage = createOpenStorage();
