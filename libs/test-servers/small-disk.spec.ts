import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from './describe-if';
import { mountSmallDisk, whyNoSmallDisk } from './small-disk';

describeIf(whyNoSmallDisk(), 'mountSmallDisk', () => {
  it('has no room once it is filled, has it again when it is freed, and goes without a trace', () => {
    const disk = mountSmallDisk(2);
    const file = join(disk.path, 'file');
    disk.fill();
    expect(() => writeFileSync(file, Buffer.alloc(100_000))).toThrow('ENOSPC');
    disk.free();
    writeFileSync(file, Buffer.alloc(100_000));
    expect(statSync(file).size).toBe(100_000);
    disk.remove();
    expect(existsSync(disk.path)).toBe(false);
  });
});
