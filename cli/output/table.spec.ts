import { displayWidth, renderDetails, renderTable } from './table';

describe('renderTable', () => {
  const columns = [
    { heading: 'NAME', value: (row: { name: string; size: string }) => row.name },
    { heading: 'SIZE', value: (row: { size: string }) => row.size, align: 'right' as const },
    { heading: 'ID', value: () => 'x', wide: true },
  ];

  it('aligns columns and leaves no spaces at the end of lines', () => {
    expect(
      renderTable(columns, [
        { name: 'a', size: '1' },
        { name: 'longer', size: '1,000' },
      ]),
    ).toEqual(['NAME     SIZE', 'a           1', 'longer  1,000']);
  });

  it('counts wide characters as the terminal does', () => {
    expect(displayWidth('蚂蚁 a🐜')).toBe(8);
    expect(renderTable(columns, [{ name: '蚂蚁', size: '1' }])).toEqual(['NAME  SIZE', '蚂蚁     1']);
  });

  it('shows wide columns when asked', () => {
    expect(renderTable(columns, [{ name: 'a', size: '1' }], true)).toEqual(['NAME  SIZE  ID', 'a        1  x']);
  });

  it('lets no name steer the terminal', () => {
    expect(renderTable(columns, [{ name: '\u001b[2J\n\u202eevil', size: '1' }])[1]).toBe('\\u001b[2J\\u000a\\u202eevil     1');
  });
});

describe('renderDetails', () => {
  it('lines up values', () => {
    expect(
      renderDetails([
        ['Id', '1'],
        ['Name', ''],
      ]),
    ).toEqual(['Id:    1', 'Name:']);
  });
});
