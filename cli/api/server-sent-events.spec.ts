import { readServerSentEvents } from './server-sent-events';

const eventsOf = async (chunks: Uint8Array[]) => {
  const events = [];
  for await (const event of readServerSentEvents(ReadableStream.from(chunks) as ReadableStream<Uint8Array>)) events.push(event);
  return events;
};

describe('readServerSentEvents', () => {
  it('reads events wherever their bytes are cut, and passes comments over', async () => {
    const bytes = new TextEncoder().encode(
      ': keep-alive\n\nevent: update\ndata: {"名":1}\r\n\r\ndata:a\ndata: b\nid: 7\n\nevent: cut\ndata: lost\n',
    );
    const expected = [
      { event: 'update', data: '{"名":1}' },
      { event: 'message', data: 'a\nb' },
    ];
    for (const size of [1, 2, 7, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.slice(index * size, (index + 1) * size));
      expect(await eventsOf(chunks)).toEqual(expected);
    }
  });
});
