import { contains } from './directory-stack';

/** An entry that is left alone with all that is below it, while walks go on in their order. */
export class SkippedBranch {
  private key: string | null = null;

  skip(key: string): void {
    this.key = key;
  }

  /** Whether an entry is below the one that was skipped last. */
  contains(key: string): boolean {
    if (this.key === null) return false;
    if (contains(this.key, key)) return true;
    this.key = null;
    return false;
  }
}
