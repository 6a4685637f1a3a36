import type { KeyProblem, KeyWrapper, WrappedKey } from '../../application/ports/key-wrapper';
import { keyMismatch } from './vault-errors';

/** Several wrappers as one: the first wraps, and each opens what it has wrapped. This is how one follows another without a gap. */
export class KeyChain implements KeyWrapper {
  constructor(
    private readonly first: KeyWrapper,
    private readonly others: readonly KeyWrapper[],
  ) {}

  currentKeyId(): Promise<string> {
    return this.first.currentKeyId();
  }

  async keyIds(): Promise<string[]> {
    return (await Promise.all(this.all().map((wrapper) => wrapper.keyIds()))).flat();
  }

  async opens(keyId: string): Promise<boolean> {
    return (await this.find(keyId)) !== undefined;
  }

  wrap(context: string, dataKey: Buffer): Promise<WrappedKey> {
    return this.first.wrap(context, dataKey);
  }

  async unwrap(keyId: string, context: string, wrapped: Buffer): Promise<Buffer> {
    return (await this.require(keyId)).unwrap(keyId, context, wrapped);
  }

  async rewrap(keyId: string, context: string, wrapped: Buffer): Promise<WrappedKey> {
    const wrapper = await this.require(keyId);
    if (wrapper === this.first && wrapper.rewrap) return wrapper.rewrap(keyId, context, wrapped);
    const dataKey = await wrapper.unwrap(keyId, context, wrapped);
    try {
      return await this.first.wrap(context, dataKey);
    } finally {
      dataKey.fill(0);
    }
  }

  problem(): KeyProblem | null {
    return (
      this.all()
        .map((wrapper) => wrapper.problem?.() ?? null)
        .find((problem) => problem !== null) ?? null
    );
  }

  private all(): KeyWrapper[] {
    return [this.first, ...this.others];
  }

  /** One after another: what lies here is asked before what lies in a service that may be down. */
  private async find(keyId: string): Promise<KeyWrapper | undefined> {
    for (const wrapper of [...this.others, this.first]) if (await wrapper.opens(keyId)) return wrapper;
    return undefined;
  }

  private async require(keyId: string): Promise<KeyWrapper> {
    const wrapper = await this.find(keyId);
    if (!wrapper) throw keyMismatch(keyId);
    return wrapper;
  }
}
