import { freshDatabase } from '@smartant/test-servers';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { dateText, timestampText, timestamptzText, timeText } from './date-text';

const TEXT_OF = { date: dateText, time: timeText, timestamp: (bytes: Buffer) => timestampText(bytes), timestamptz: timestamptzText };

const EDGES: Record<keyof typeof TEXT_OF, string[]> = {
  date: [
    'infinity',
    '-infinity',
    '4713-01-01 BC',
    '0001-12-31 BC',
    '0001-01-01',
    '1999-12-31',
    '2000-02-29',
    '9999-12-31',
    '5874897-12-31',
  ],
  time: ['00:00', '24:00:00', '23:59:59.999999', '12:00:00.1', '00:00:00.000001'],
  timestamp: ['infinity', '-infinity', '4713-01-01 BC', '0001-12-31 23:59:59.9 BC', '1999-12-31 23:59:59.999999', '294276-12-31 23:59:59'],
  timestamptz: ['infinity', '-infinity', '4713-01-01 BC', '1900-02-28 23:00:00+05:30', '2000-01-01 00:00:00.5+00', '294276-12-31 23:59:59'],
};

/** Of days since 2000 that a calendar has, and microseconds of a day; a third of them with none, or with whole seconds. */
const RANDOM = `SELECT CASE n % 2 WHEN 0 THEN floor(random() * 109000000 - 2400000)::int ELSE floor(random() * 80000 - 40000)::int END AS days,
  CASE n % 3 WHEN 0 THEN 0 WHEN 1 THEN floor(random() * 86400) * 1000000 ELSE floor(random() * 86400000000) END::bigint AS micros FROM generate_series(1, 2000) n`;
const OF_RANDOM: Record<keyof typeof TEXT_OF, string> = {
  date: `date '2000-01-01' + days`,
  time: `time '00:00' + micros * interval '1 microsecond'`,
  timestamp: `timestamp '2000-01-01' + days * interval '1 day' + micros * interval '1 microsecond'`,
  timestamptz: `timestamptz '2000-01-01 00:00:00+00' + days * interval '1 day' + micros * interval '1 microsecond'`,
};

it.each(['date', 'time', 'timestamp', 'timestamptz'] as const)('writes a %s of binary form as the server writes it', async (type) => {
  const { signal } = new AbortController();
  const session = await openTestEndpoint(await freshDatabase()).open({ applicationName: 'test', signal });
  const edges = EDGES[type].map((text) => `('${text}'::${type})`).join(', ');
  const rows = await session.query(
    `SELECT v::text AS text, encode(${type}_send(v), 'hex') AS bytes FROM (VALUES ${edges} UNION ALL SELECT ${OF_RANDOM[type]} FROM (${RANDOM}) r) all_of (v)`,
  );
  await session.close();
  const written = rows.map(({ bytes }) => TEXT_OF[type](Buffer.from(bytes ?? '', 'hex')));
  expect(written).toEqual(rows.map(({ text }) => text));
  expect(written.length).toBeGreaterThan(2_000);
});
