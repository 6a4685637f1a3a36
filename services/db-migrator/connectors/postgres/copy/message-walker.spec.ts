import { copiedRows, MessageWalker, serverError } from './message-walker';

function message(type: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body as string, 'utf8');
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

const row = (length: number) => message('d', Buffer.alloc(length, 'EdZ'));

/** Notices and settings may come between any two rows, and rows may hold what looks like a message. */
const SENT: Buffer[] = [
  message('H', '\0\0\0'),
  row(3),
  row(0),
  message('N', 'VNOTICE\0MC\0\0'),
  row(700),
  message('S', 'TimeZone\0UTC\0'),
  row(1),
  message('c', ''),
  message('C', 'COPY 4\0'),
  message('Z', 'T'),
];

describe('MessageWalker', () => {
  it('forwards CopyData and nothing else, however the bytes are cut', () => {
    const all = Buffer.concat(SENT);
    const data = Buffer.concat(SENT.filter((each) => each[0] === 'd'.charCodeAt(0)));
    const others = SENT.filter((each) => each[0] !== 'd'.charCodeAt(0)).map((each) => [String.fromCharCode(each[0]!), each.subarray(5)]);
    for (let first = 0; first < 60; first += 1) {
      for (const size of [1, 2, 3, 4, 5, 6, 7, 64, all.length]) {
        const forwarded: Buffer[] = [];
        const messages: [string, Buffer][] = [];
        const walker = new MessageWalker({ data: (bytes) => forwarded.push(bytes), message: (type, body) => messages.push([type, body]) });
        const cuts = [0, first];
        while (cuts.at(-1)! < all.length) cuts.push(cuts.at(-1)! + size);
        for (let cut = 1; cut < cuts.length; cut += 1) walker.walk(all.subarray(cuts[cut - 1], cuts[cut]));
        expect(Buffer.concat(forwarded).equals(data)).toBe(true);
        expect(messages).toEqual(others);
        expect(walker.dataMessages).toBe(4);
      }
    }
  });

  it('refuses a message that no server sends', () => {
    const walker = new MessageWalker({ message: () => undefined });
    expect(() => walker.walk(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow('The server sent a message of');
  });
});

it('reads the SQLSTATE of an error, and leaves out what quotes rows', () => {
  const error = serverError(message('E', 'SERROR\0C22P02\0Minvalid input\0WCOPY t, line 1: "secret"\0\0').subarray(5));
  expect(error).toMatchObject({ code: '22P02', message: 'invalid input' });
  expect(JSON.stringify([error, error.message])).not.toContain('secret');
});

it('reads the rows of a tag', () => {
  expect(['COPY 12345678901', 'TRUNCATE TABLE'].map((tag) => copiedRows(Buffer.from(`${tag}\0`)))).toEqual([12345678901, null]);
});
