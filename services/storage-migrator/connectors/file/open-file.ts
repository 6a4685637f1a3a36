import type { OpenStorageOptions, StorageConnector } from '@smartant/connectors';
import { FileReader } from './file-reader';
import type { FileLocation } from './file-tree';

/** A tree of files. It can only be read: file roots are sources. */
export function openFile(location: FileLocation, options: OpenStorageOptions): StorageConnector {
  return { location, reader: new FileReader(location, options) };
}
