import { groupShares, parseLogicalVolumes } from './snapshot-shares';

const MIB = 1024 * 1024;
const row = (group: string, volume: string, sizeMiB: number, segment: string, freeMiB: number) =>
  `  ${group}|${volume}|${sizeMiB * MIB}|${segment}|${freeMiB * MIB}|${4 * MIB}`;

describe('snapshots of logical volumes', () => {
  const extentsOf = (...lines: string[]) =>
    Object.fromEntries([...groupShares(parseLogicalVolumes(lines.join('\n')))].map(([device, { extents }]) => [device, extents]));

  it('share what is free in their group, of which a fifth is left', () => {
    expect(
      extentsOf('# /dev/mapper/vg-a', row('vg', 'a', 1_000, 'linear', 1_000), '# /dev/mapper/vg-b', row('vg', 'b', 1_000, 'linear', 1_000)),
    ).toEqual({
      '/dev/mapper/vg-a': 100,
      '/dev/mapper/vg-b': 100,
    });
  });

  it('never take more than their volume could overwrite', () => {
    expect(extentsOf('# /dev/mapper/vg-a', row('vg', 'a', 100, 'striped', 100_000))).toEqual({ '/dev/mapper/vg-a': 27 });
  });

  it('are not taken of thin and cached volumes, of partitions, and where there is too little room', () => {
    expect(extentsOf('# /dev/sda1', '# /dev/mapper/vg-a', row('vg', 'a', 1_000, 'thin', 1_000))).toEqual({});
    expect(extentsOf('# /dev/mapper/vg-a', row('vg', 'a', 1_000, 'linear', 1_000), row('vg', 'a', 1_000, 'cache', 1_000))).toEqual({});
    expect(extentsOf('# /dev/mapper/vg-a', row('vg', 'a', 1_000, 'linear', 60))).toEqual({});
    expect(extentsOf('# /dev/mapper/vg-a', row('vg', 'a', 10, 'linear', 0))).toEqual({});
  });

  it('are not taken in a group with a thin pool, which may need the room', () => {
    const rows = [
      '# /dev/mapper/vg-a',
      row('vg', 'a', 1_000, 'linear', 1_000),
      '# /dev/mapper/other-b',
      row('other', 'b', 100, 'linear', 1_000),
    ];
    expect(extentsOf('# pools', '  vg|thin-pool', ...rows)).toEqual({ '/dev/mapper/other-b': 27 });
  });
});
