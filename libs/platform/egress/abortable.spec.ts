import { abortable } from './abortable';

describe('abortable work', () => {
  it('may fail unheard, also when its signal was aborted before', async () => {
    const work = Promise.withResolvers<void>();
    const heard = jest.spyOn(work.promise, 'then');
    await expect(abortable(work.promise, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
    expect(heard).toHaveBeenCalled();
    work.reject(new Error('late'));
    await expect(work.promise).rejects.toThrow('late');
  });
});
