import { pairsOf, pairWords } from './column-pairs';

it('reads what it writes', () => expect(pairsOf(pairWords([{ from: 'mail', to: 'email' }]))).toEqual([{ from: 'mail', to: 'email' }]));

it.each([['mail'], ['=email'], ['mail='], [' = ']])('leaves out what is no pair: %j', (word) => expect(pairsOf([word])).toEqual([]));
