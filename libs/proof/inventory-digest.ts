import { field, int64, sha256 } from './canonical-encoding';
import { LtHash, malformedState } from './lt-hash';
import { assertText } from './object-leaf';

const ENTRY_DOMAIN = field('smartant/inventory/v1');
const DIGEST_DOMAIN = field('smartant/inventory-digest/v1');

/**
 * The digest of one listing of a side: the multiset of (key, change id). Two listings with the same digest saw the same
 * objects in the same versions, however each was cut into ranges. It says nothing about content.
 */
export class InventoryDigest {
  private count = 0;
  private state = LtHash.empty();

  /** Adds a listed object. Raises PROOF_KEY_NOT_TEXT. */
  add(key: string, changeId: string): void {
    assertText(key);
    this.count += 1;
    this.state.add(sha256(Buffer.concat([ENTRY_DOMAIN, field(key), field(changeId)])));
  }

  /** Adds everything that another one holds. */
  merge(other: InventoryDigest): void {
    this.count += other.count;
    this.state.merge(other.state);
  }

  get objects(): number {
    return this.count;
  }

  /** Hex SHA-256 over the count and the state. */
  digest(): string {
    return sha256(Buffer.concat([DIGEST_DOMAIN, int64(this.count), this.state.serialize()])).toString('hex');
  }

  /** The count (8 bytes) and the state (2,048 bytes). */
  serialize(): Buffer {
    return Buffer.concat([int64(this.count), this.state.serialize()]);
  }

  /** Reads what `serialize` wrote. Raises PROOF_STATE_MALFORMED. */
  static deserialize(bytes: Buffer): InventoryDigest {
    if (bytes.length < 8) throw malformedState('too short');
    const result = new InventoryDigest();
    result.count = Number(bytes.readBigInt64BE(0));
    result.state = LtHash.deserialize(bytes.subarray(8));
    return result;
  }
}
