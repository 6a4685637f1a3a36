export { describeStorageReader } from './describe-storage-reader';
export { describeStorageWriter } from './describe-storage-writer';
export {
  codeOf,
  HOSTILE_KEYS,
  listAll,
  never,
  patterned,
  type SeedObject,
  type StorageHarness,
  type StorageTraits,
} from './storage-harness';
