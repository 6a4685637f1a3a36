import { canonicalJson } from './canonical-json';

it('writes the example of RFC 8785, section 3.2.2', () => {
  const value = {
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

it('orders names as section 3.2.3 does', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const value = Object.fromEntries(names.map((name) => [name, 0]));
  expect(Object.keys(JSON.parse(canonicalJson(value)) as object).filter((name) => name !== '1')).toEqual([
    '\r',
    '\u0080',
    '\u00f6',
    '\u20ac',
    '\u{1f600}',
    '\ufb33',
  ]);
});

it('does not depend on the order in which a value was made, and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, '': -0 })).toBe('{"":0,"b":[{"c":2,"d":1}]}');
  expect(canonicalJson(JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
});

it.each([[Number.NaN], [Infinity], [() => 0], [10n], ['\ud800'], [{ '\udc00': 1 }], [[undefined]]])('refuses %p', (value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});
