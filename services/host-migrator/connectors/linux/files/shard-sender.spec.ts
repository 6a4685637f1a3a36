import type { CommandEnd } from '../session/host-session';
import type { Carrier, Ends } from './carrier';
import { CodecChoice } from './codec-choice';
import { memoryJob, type MemoryJob } from './fixtures/memory-job';
import { StreamSize, type Shard } from './shard';
import { ShardSender } from './shard-sender';

const { signal } = new AbortController();
const ENDS = {} as Ends;

/** Of what a tar says of one stream so many lines are kept. */
const KEPT = 2;

describe('ShardSender', () => {
  let job: MemoryJob;
  let streams: string[][];

  beforeEach(() => {
    job = memoryJob();
    streams = [];
  });

  /** Carries what can be read, and complains of what cannot, as a session tells it. */
  const carrierFor = (complaint: (name: string) => string | null): Carrier => ({
    kind: 'direct',
    carry: async (_lane, feed): Promise<CommandEnd> => {
      const fed: Buffer[] = [];
      for await (const piece of feed) fed.push(piece);
      const names = Buffer.concat(fed).toString('latin1').split('\0').slice(0, -1);
      streams.push(names);
      const lines = names.flatMap((name) => complaint(name) ?? []);
      const stderr = lines.slice(-KEPT).map((line) => `tar: ${line}\n`);
      return { exitCode: lines.length > 0 ? 2 : 0, stderr: stderr.join(''), stderrCut: lines.length > KEPT };
    },
  });
  const send = async (shard: Omit<Shard, 'bytes' | 'replaced'>, complaint: (name: string) => string | null) => {
    const parts = { codec: new CodecChoice('never', 'none', 1), size: new StreamSize(), remove: () => Promise.resolve() };
    const sender = new ShardSender({ job, carrier: carrierFor(complaint), ...parts });
    const bytes = shard.entries.reduce((sum, { size }) => sum + size, 0);
    await sender.send('/', ENDS, { ...shard, bytes, replaced: [] }, signal);
    return sender.sent;
  };
  const unreadable = (name: string) => `${name}: Warning: Cannot open: Input/output error`;
  const vanished = (name: string) => `${name}: Warning: Cannot stat: No such file or directory`;
  const asideOf = () => job.quarantined.map(({ unit }) => unit).sort();

  it('counts as carried only what it would have heard a complaint of', async () => {
    const entries = Array.from({ length: 10 }, (_, index) => ({ path: `./${index}`, size: 1 }));
    const sent = await send({ entries }, (name) => (name < './7' ? unreadable(name) : null));
    expect(asideOf()).toEqual(['/0', '/1', '/2', '/3', '/4', '/5', '/6']);
    expect(sent).toMatchObject({ files: 3 });
    expect(job.ledger.copiedFiles).toBe(3);
    expect(streams[0]).toHaveLength(10);
    expect(new Set(streams.flat())).toEqual(new Set(entries.map(({ path }) => path)));
  });

  it('keeps the names of one inode in one stream, and puts all aside that it has not heard of', async () => {
    const names = (inode: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        path: `./${inode}${index}`,
        size: index === 0 ? 1 : 0,
        ...(index > 0 && { linked: true as const }),
      }));
    const entries = [...names('a', 3), ...names('b', 6), ...names('c', 3)];
    await send({ entries }, (name) => (!name.startsWith('./b') ? null : name === './b5' ? vanished(name) : unreadable(name)));
    expect(asideOf()).toEqual(['/b0', '/b1', '/b2', '/b3', '/b4']);
    expect(job.quarantined.map(({ code, message }) => [code, message.includes('not known')])).toEqual(
      [true, true, true, true, false].map((unheard) => ['HOST_FILE_UNREADABLE', unheard]),
    );
    for (const stream of streams) {
      const counts = ['a', 'b', 'c'].map((inode) => stream.filter((name) => name.startsWith(`./${inode}`)).length);
      expect([0, 3]).toContain(counts[0]);
      expect([0, 6]).toContain(counts[1]);
      expect([0, 3]).toContain(counts[2]);
    }
    expect(job.ledger.copiedFiles).toBe(6);
  });
});
