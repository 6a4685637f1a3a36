import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchLiveBytes } from '../fixtures/live-bytes';
import { streamingPair } from '../fixtures/streaming';

const MIB = 1 << 20;
/** SMARTANT_SPEC_TRANSACTION_MIB: larger ones by hand. */
const SIZE = Number(process.env['SMARTANT_SPEC_TRANSACTION_MIB'] || 400) * MIB;
const ROWS = Math.ceil(SIZE / 4_096);

/** Bytes in the files of a folder and of those in it. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

it(`keeps a transaction of ${SIZE / MIB} MiB on the disk until it ends, and not in memory`, async () => {
  const pair = await streamingPair({ schema: 'CREATE TABLE t (id int PRIMARY KEY, v text)' });
  const spillFolder = await mkdtemp(join(tmpdir(), 'smartant-spec-'));
  try {
    await pair.sourceSession.query(`ALTER DATABASE "${pair.source.database}" SET logical_decoding_work_mem = '1MB'`);
    await pair.sourceSession.query(`INSERT INTO t SELECT n, repeat(md5(n::text), 128) FROM generate_series(1, ${ROWS}) n`);
    const memory = watchLiveBytes();
    let mostSpilled = 0;
    let looking: Promise<void> | undefined;
    const look = () => {
      memory.look();
      looking ??= bytesIn(spillFolder)
        .then((bytes) => void (mostSpilled = Math.max(mostSpilled, bytes)))
        .finally(() => (looking = undefined));
    };
    await pair.drain({ spillFolder, admit: async () => look(), onApplied: look });
    await looking;
    expect(mostSpilled).toBeGreaterThan(0.85 * SIZE);
    expect(memory.most()).toBeLessThan(240 * MIB);
    expect(await readdir(spillFolder)).toEqual([]);
    const digest = `SELECT count(*) AS n, sum(hashtextextended(t::text, 0)) AS sum FROM t`;
    expect(await pair.targetSession.query(digest)).toEqual(await pair.sourceSession.query(digest));
  } finally {
    await pair.close();
    await rm(spillFolder, { recursive: true, force: true });
  }
});
