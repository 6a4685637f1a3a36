import { globProblem } from './glob-problem';

describe('globProblem', () => {
  it.each([
    '*.jpg',
    '**',
    'a?[bc].{x,y}',
    '[]]',
    '[!]a]',
    '[[:alpha:]]',
    '[{]',
    '{a,{b,c}}',
    '\\[',
    '\\{',
    'a]',
    'a}',
    '(1',
    'a[\\]]',
    '照片/**',
  ])('finds none in %s', (glob) => expect(globProblem(glob)).toBeUndefined());

  it.each([
    ['', 'is empty'],
    ['[', '"["'],
    ['a/[b', '"["'],
    ['[]', '"["'],
    ['[!]', '"["'],
    ['[a\\]', '"["'],
    ['{', '"{"'],
    ['{a,{b}', '"{"'],
    ['a\\', '"\\"'],
  ])('finds one in "%s"', (glob, problem) => expect(globProblem(glob)).toContain(problem));
});
