import { KEPT_DIFFERENCES, keptDifferences } from './kept-differences';

describe('keptDifferences', () => {
  it('puts what nobody has waived first, and keeps the order otherwise', () => {
    const found = [
      { key: 'a', waived: true },
      { key: 'b', waived: false },
      { key: 'c', waived: true },
      { key: 'd', waived: false },
    ];
    expect(keptDifferences(found).map(({ key }) => key)).toEqual(['b', 'd', 'a', 'c']);
  });

  it('is bounded, and loses what is waived before what is not', () => {
    const waived = Array.from({ length: KEPT_DIFFERENCES }, (_, at) => ({ key: `waived ${at}`, waived: true }));
    const kept = keptDifferences([...waived, { key: 'real', waived: false }]);
    expect(kept).toHaveLength(KEPT_DIFFERENCES);
    expect(kept[0]).toEqual({ key: 'real', waived: false });
  });
});
