import { BegunUploads } from '../objects/begun-uploads';
import { CopyMultipart } from '../objects/copy-multipart';
import type { StageTools } from './stage';

/** What works on multipart uploads, over the stores of a stage. */
export function uploadTools({ unitOfWork, stores, shards, observer }: Pick<StageTools, 'unitOfWork' | 'stores' | 'shards' | 'observer'>): {
  multipart: CopyMultipart;
  begun: BegunUploads;
} {
  const begun = new BegunUploads(unitOfWork, stores.uploads, shards, observer);
  return { multipart: new CopyMultipart(unitOfWork, stores.uploads, begun), begun };
}
