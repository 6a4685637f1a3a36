import type { PathBytes } from './path-bytes';

export interface OpenDirectory {
  key: string;
  path: PathBytes;
  /** Its times, or what is in it, will differ from the source's. */
  touched: boolean;
  /** Only the target has it. */
  extra: boolean;
}

/** The directories that contain the entry that a walk is at: as many as its path is deep. */
export class DirectoryStack {
  private readonly open: OpenDirectory[] = [];

  /** `onLeave`: called for each one after everything in it. */
  constructor(private readonly onLeave: (directory: OpenDirectory) => Promise<void> | undefined) {}

  /** Leaves what does not contain the entry. A promise only where it has to wait. */
  leaveFor(key: string): Promise<void> | undefined {
    const last = this.open.at(-1);
    return last === undefined || contains(last.key, key) ? undefined : this.leave((directory) => !contains(directory.key, key));
  }

  /** Goes into a directory. */
  enter(directory: OpenDirectory): void {
    this.open.push(directory);
  }

  /** Something in the innermost directory is changed. */
  touch(): void {
    const last = this.open.at(-1);
    if (last) last.touched = true;
  }

  /** At the end of the walk. */
  async leaveAll(): Promise<void> {
    await this.leave(() => true);
  }

  private async leave(isLeft: (directory: OpenDirectory) => boolean): Promise<void> {
    for (let last = this.open.at(-1); last && isLeft(last); last = this.open.at(-1)) {
      this.open.pop();
      await this.onLeave(last);
    }
  }
}

/** Keys have "\x01" between names. */
export function contains(directory: string, key: string): boolean {
  return key.length > directory.length && key.startsWith(directory) && key[directory.length] === '\x01';
}
