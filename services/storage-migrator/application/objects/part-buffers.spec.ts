import { DEFAULT_PART_SIZE_BYTES } from '../../domain/part-layout';
import { PartBuffers } from './part-buffers';

describe('PartBuffers', () => {
  it('hands out again what was given back, and never the same buffer twice at once', () => {
    const buffers = new PartBuffers(DEFAULT_PART_SIZE_BYTES);
    const [first, second] = [buffers.take(10), buffers.take(10)];
    expect(first).not.toBe(second);
    buffers.give(first);
    expect(buffers.take(10)).toBe(first);
    expect(buffers.take(10)).not.toBe(first);
  });

  it('keeps no more than it may', () => {
    const buffers = new PartBuffers(DEFAULT_PART_SIZE_BYTES);
    const [first, second] = [buffers.take(1), buffers.take(1)];
    buffers.give(first);
    buffers.give(second);
    expect(buffers.take(1)).toBe(first);
    expect(buffers.take(1)).not.toBe(second);
  });

  it('makes larger buffers as they are asked for, and keeps none of them', () => {
    const buffers = new PartBuffers(10 * DEFAULT_PART_SIZE_BYTES);
    const large = buffers.take(DEFAULT_PART_SIZE_BYTES + 1);
    expect(large.length).toBe(DEFAULT_PART_SIZE_BYTES + 1);
    buffers.give(large);
    expect(buffers.take(1).length).toBe(DEFAULT_PART_SIZE_BYTES);
  });
});
