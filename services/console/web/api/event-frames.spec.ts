import { EventFrames } from './event-frames';

it('puts together what comes in pieces', () => {
  const frames = new EventFrames();
  expect(frames.push('event: upd')).toEqual([]);
  expect(frames.push('ate\ndata: {"a":1}\n')).toEqual([]);
  expect(frames.push('\nevent: error\ndata: x\n\n')).toEqual([
    { event: 'update', data: '{"a":1}' },
    { event: 'error', data: 'x' },
  ]);
});

it('leaves out what keeps the connection alive, and knows events without a name, of several lines', () => {
  expect(new EventFrames().push(': ping\n\nretry: 2000\n\ndata: a\r\ndata: b\r\n\r\n')).toEqual([{ event: 'message', data: 'a\nb' }]);
});
