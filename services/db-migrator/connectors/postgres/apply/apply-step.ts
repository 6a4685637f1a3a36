/** Where the tests end the process. `joining` and `joined`: before and after further appliers are there. */
export type ApplyStep = 'joining' | 'joined' | 'begun' | 'written' | 'part-committed' | 'position-moved' | 'committed' | 'acknowledged';
