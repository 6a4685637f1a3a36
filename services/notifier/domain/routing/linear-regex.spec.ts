import { compileLinear } from './linear-regex';

describe('expressions in linear time', () => {
  const AGREE: [string, string[]][] = [
    ['node-.*', ['node-1', 'node-', 'xnode-1', 'node']],
    ['(a|b)+c?', ['a', 'abab', 'abc', 'c', '']],
    ['a{2,4}', ['a', 'aa', 'aaaa', 'aaaaa']],
    ['a{3}|b{1,}', ['aaa', 'aa', 'b', 'bbbb', '']],
    ['[a-c_-]*[^x]', ['abc', 'a-_b', 'abx', '']],
    ['\\d+\\.\\w\\s?', ['12.a', '12.a ', '12xa', '.a']],
    ['(?:foo|)bar', ['bar', 'foobar', 'foo']],
    ['^exact$', ['exact', 'inexact']],
    ['.*error.*|warn', ['an error here', 'warn', 'warning']],
    ['[]a]+', [']a', 'b']],
    ['名.', ['名字', '名', '字']],
    ['', ['', 'x']],
  ];
  it.each(AGREE)('%s means what it means to JavaScript, over the whole text', (expression, texts) => {
    const matches = compileLinear(expression);
    const reference = new RegExp(`^(?:${expression.replace('[]a]', '[\\]a]')})$`, 'su');
    for (const text of texts) expect([text, matches(text)]).toEqual([text, reference.test(text)]);
  });

  it.each([
    '(',
    'a)',
    '[a',
    '*a',
    'a**',
    '(?=a)',
    '(a)\\1',
    'a{1,1000}',
    'a{2,1}',
    'a^b',
    '(?i)a',
    '\\',
    'x'.repeat(600),
    '((a{100}){100}){100}',
  ])('refuses %s', (expression) => {
    expect(() => compileLinear(expression)).toThrow(SyntaxError);
  });

  it('takes no more steps for what undoes other engines', () => {
    // Exponential for those that go back; here each character costs at most the length of the program.
    const matches = compileLinear('(a*)*(a|aa)+(a+)+b');
    expect(matches('a'.repeat(2_000))).toBe(false);
    expect(matches(`${'a'.repeat(2_000)}b`)).toBe(true);
  });
});
