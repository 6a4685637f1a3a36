interface Entry {
  atMs: number;
  order: number;
  run: () => void;
}

/** What is to happen, by time; at one time in the order in which it was asked for (a binary heap). */
export class EventQueue {
  private readonly heap: Entry[] = [];
  private asked = 0;

  get size(): number {
    return this.heap.length;
  }

  get nextAtMs(): number {
    return this.heap[0]?.atMs ?? Infinity;
  }

  push(atMs: number, run: () => void): void {
    const entry = { atMs, order: this.asked++, run };
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Undefined when nothing is left. */
  pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry): void {
    const { heap } = this;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
