/** Wakes one waiter; a call that comes before the wait is not lost. */
export class Wakeup {
  private called = false;
  private waiter: (() => void) | undefined;

  notify(): void {
    this.called = true;
    const { waiter } = this;
    this.waiter = undefined;
    waiter?.();
  }

  wait(): Promise<void> {
    if (this.called) {
      this.called = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.waiter = () => {
        this.called = false;
        resolve();
      };
    });
  }
}
