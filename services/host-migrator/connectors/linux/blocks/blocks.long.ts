import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeIf } from '@smartant/test-servers';
import type { MemoryJob } from '../files/fixtures/memory-job';
import { memoryJob } from '../files/fixtures/memory-job';
import { LocalSession } from '../files/fixtures/local-session';
import { uutilsPrograms } from '../files/fixtures/uutils-programs';
import { CHUNK_BYTES, type BlocksOptions } from './block-volume';
import { LoopVolume, whyNoLoops } from './fixtures/loop-volume';
import { heldStill } from './hold-still';
import { readyCopy } from './ready-copy';
import { syncBlocks } from './sync-blocks';
import { verifyBlocks } from './verify-blocks';

const MIB = 1024 * 1024;
const never = new AbortController().signal;
// On a busy machine each of them moves some hundred MiB in that.
jest.setTimeout(180_000);

describeIf(whyNoLoops(), 'volumes that are carried by their blocks', () => {
  let folder: string;
  let source: LoopVolume;
  let target: LoopVolume;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'smartant-blocks-'));
    source = LoopVolume.make(join(folder, 'source'), 256 * MIB);
    target = LoopVolume.make(join(folder, 'target'), 320 * MIB);
    source.makeFileSystem();
    source.mount();
    source.fill('kept', 40);
  });

  afterEach(() => {
    source.remove();
    target.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const optionsOf = (session = new LocalSession(), volume = source): BlocksOptions => ({
    source: session,
    target: session,
    volumes: [{ mount: volume.point, type: volume.type, uuid: volume.uuid(), targetDevice: target.device }],
  });
  const copied = ({ ledger }: MemoryJob) => ledger.copiedBytes / MIB;
  /** What arrived is a filesystem of its own, with the files of the source. */
  const expectArrived = () => {
    const point = join(folder, 'arrived');
    mkdirSync(point, { recursive: true });
    execFileSync('e2fsck', ['-fn', target.device], { stdio: 'ignore' });
    execFileSync('mount', [target.device, point]);
    try {
      expect(filesOf(point)).toEqual(filesOf(source.point));
    } finally {
      execFileSync('umount', [point]);
    }
  };

  it('arrive whole, without what they do not use, and are compared', async () => {
    const job = memoryJob();
    const first = await syncBlocks(job, optionsOf(), false, never);
    expect(first.way).toBe('relay');
    expect(copied(job)).toBeGreaterThan(40);
    expect(copied(job)).toBeLessThan(120);
    await syncBlocks(job, optionsOf(), true, never);
    const verification = await verifyBlocks(job, optionsOf(), never);
    expect(verification).toMatchObject({ equal: true, differenceCount: 0, sourceRoot: verification.targetRoot });
    expect(verification.sourceBytes).toBe(first.usedBytes);
    expectArrived();
  });

  it('of a later round send only the chunks that have changed, and nothing where nothing has', async () => {
    const round = async (still: boolean, stored: Record<string, unknown>) => {
      const job = memoryJob();
      job.stored = stored;
      await syncBlocks(job, optionsOf(), still, never);
      return job;
    };
    const first = await round(true, {});
    // Holding it still has written to it.
    const second = await round(false, first.stored);
    const third = await round(false, second.stored);
    expect(copied(third)).toBe(0);
    expect(third.ledger.unchangedFiles).toBe(third.ledger.listedFiles);
    source.fill('more', 8);
    const last = await round(true, third.stored);
    expect(copied(last)).toBeGreaterThanOrEqual(8);
    expect(copied(last)).toBeLessThan(40);
    expect(last.ledger.unchangedFiles).toBeGreaterThan(5);
    expectArrived();
  });

  it('tell a byte that was turned over at the target', async () => {
    const job = memoryJob();
    await syncBlocks(job, optionsOf(), true, never);
    // Of the superblock's padding: in use, and of no meaning.
    target.flip(1_023);
    const verification = await verifyBlocks(job, optionsOf(), never);
    expect(verification).toMatchObject({ equal: false, differenceCount: 1 });
    expect(verification.differences[0]?.key).toBe(`${source.point} (bytes 0 to ${CHUNK_BYTES - 1})`);
    expect(job.ledger.differentFiles).toBe(1);
    const mended = memoryJob();
    mended.stored = job.stored;
    await syncBlocks(mended, optionsOf(), true, never);
    await expect(verifyBlocks(mended, optionsOf(), never)).resolves.toMatchObject({ equal: true });
  });

  it('are what they were while they were held still, whatever is written to the source afterwards', async () => {
    const job = memoryJob();
    await syncBlocks(job, optionsOf(), true, never);
    source.fill('afterwards', 4);
    await expect(verifyBlocks(job, optionsOf(), never)).resolves.toMatchObject({ equal: true });
  });

  it('go on where they were when they were ended in mid-copy', async () => {
    source.fill('large', 150);
    const ended = new AbortController();
    const job = memoryJob({ streams: 1 });
    const count = job.count;
    job.count = (counts) => {
      count(counts);
      if (counts.copiedBytes) ended.abort(new Error('killed'));
    };
    await expect(syncBlocks(job, optionsOf(), false, ended.signal)).rejects.toThrow('killed');
    const before = copied(job);
    expect(before).toBeGreaterThan(0);
    const next = memoryJob();
    next.stored = job.stored;
    const { usedBytes } = await syncBlocks(next, optionsOf(), false, never);
    // What was carried right when it was ended may not have been noted.
    expect(copied(next)).toBeLessThanOrEqual(usedBytes / MIB);
    expect(copied(next) + before).toBeLessThanOrEqual(usedBytes / MIB + 128);
    await syncBlocks(next, optionsOf(), true, never);
    expectArrived();
  });

  it('are carried again when a stream breaks', async () => {
    let broken = 0;
    const session = new LocalSession((command, process) => {
      if (command.includes('the stream ended too early') && broken++ === 0) process.kill();
    });
    const job = memoryJob();
    await syncBlocks(job, optionsOf(session), true, never);
    expect(broken).toBeGreaterThan(1);
    expect(job.messages).toContain('A stream broke; what it held is carried again.');
    expectArrived();
  });

  it('wait for limits with what they carry, and with nothing that they only read', async () => {
    let admitted = 0;
    const limited = { admit: async (bytes: number) => void (admitted += bytes) };
    const job = memoryJob({}, limited);
    await syncBlocks(job, optionsOf(), false, never);
    expect(admitted).toBe(job.ledger.copiedBytes);
    const again = memoryJob({}, limited);
    again.stored = job.stored;
    admitted = 0;
    await syncBlocks(again, optionsOf(), true, never);
    expect(admitted).toBe(again.ledger.copiedBytes);
    expect(again.ledger.listedBytes).toBeGreaterThan(admitted);
  });

  it('go packed where that is wanted', async () => {
    const session = new LocalSession();
    await syncBlocks(memoryJob({ compress: 'always' }), optionsOf(session), true, never);
    expect(session.commands.filter((command) => command.includes('zstd -q -1 -c'))).not.toEqual([]);
    expectArrived();
  });

  it('are refused where the target has less room, or the source something else', async () => {
    const other = optionsOf();
    const [volume] = other.volumes;
    const changed = { ...other, volumes: [{ ...volume!, uuid: '00000000-0000-0000-0000-000000000000' }] };
    await expect(syncBlocks(memoryJob(), changed, false, never)).rejects.toMatchObject({ code: 'HOST_VOLUME_CHANGED' });
    const small = LoopVolume.make(join(folder, 'small'), 255 * MIB);
    try {
      const into = { ...other, volumes: [{ ...volume!, targetDevice: small.device }] };
      await expect(syncBlocks(memoryJob(), into, false, never)).rejects.toMatchObject({ code: 'HOST_VOLUME_TOO_SMALL' });
    } finally {
      small.remove();
    }
    await expect(verifyBlocks(memoryJob(), other, never)).rejects.toMatchObject({ code: 'HOST_NOT_HELD_STILL' });
  });

  /** The programs of this machine, but one that says something else. */
  const sessionWith = (program: string, script: string) => {
    const programs = join(folder, 'programs');
    mkdirSync(programs, { recursive: true });
    writeFileSync(join(programs, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return new LocalSession(() => undefined, { PATH: `${programs}:${process.env['PATH']}` });
  };
  const NOT_HELD = 'echo "fsfreeze: freeze failed: Operation not supported" >&2; exit 1';

  it('that cannot be held still are read twice', async () => {
    const job = memoryJob();
    await syncBlocks(job, optionsOf(sessionWith('fsfreeze', NOT_HELD)), true, never);
    await expect(verifyBlocks(job, optionsOf(), never)).resolves.toMatchObject({ equal: true });
    sessionWith('sync', `head -c 5000000 /dev/urandom >${source.point}/$$; exec /usr/bin/sync`);
    const restless = syncBlocks(memoryJob(), optionsOf(sessionWith('fsfreeze', NOT_HELD)), true, never);
    await expect(restless).rejects.toMatchObject({ code: 'HOST_VOLUME_RESTLESS', retryable: true });
  });

  it('are refused where the dd of a side does not read past the page cache, and carried by GNU’s that lies beside it', async () => {
    const programs = join(folder, 'uutils');
    const poor = new LocalSession(() => undefined, uutilsPrograms(programs));
    for (const side of ['source', 'target']) {
      const refused = syncBlocks(memoryJob(), { ...optionsOf(), [side]: poor }, false, never);
      await expect(refused).rejects.toMatchObject({ code: 'HOST_PROGRAMS_UNFIT', details: { side, dd: 'dd (uutils coreutils) 0.8.0' } });
    }
    uutilsPrograms(programs, { gnudd: true });
    await syncBlocks(memoryJob(), optionsOf(poor), true, never);
    expectArrived();
  });

  it('are made ready without what migrations keep at their source', async () => {
    const names = [
      'root/.smartant-mig_1/x',
      'var/tmp/.smartant-mig_2/x',
      '.smartant-original/tree',
      'root/kept',
      'outside/.smartant-mig_3/x',
    ];
    for (const name of names) mkdirSync(join(folder, 'copy', name), { recursive: true });
    symlinkSync('outside', join(folder, 'copy/tmp'));
    const left = () => names.filter((name) => existsSync(join(folder, 'copy', name)));
    await readyCopy(new LocalSession(), join(folder, 'copy'), { changed: true }, never);
    expect(left()).toEqual(['.smartant-original/tree', 'root/kept', 'outside/.smartant-mig_3/x']);
    await readyCopy(new LocalSession(), join(folder, 'copy'), { changed: false }, never);
    expect(left()).toEqual(['root/kept', 'outside/.smartant-mig_3/x']);
  });

  describe('held still', () => {
    /** Whether a write does not come to its end. It cannot be ended from outside meanwhile. */
    const isHeld = async () => {
      const writing = spawn('touch', [join(source.point, 'touched')], { stdio: 'ignore' });
      const written = new Promise<boolean>((resolve) => writing.once('close', () => resolve(false)));
      return Promise.race([written, sleep(1_000, true)]);
    };

    it('cannot be written to, and can afterwards', async () => {
      await heldStill(new LocalSession(), source.point, never, async (held) => {
        expect(held).toBe(true);
        await expect(isHeld()).resolves.toBe(true);
      });
      await expect(isHeld()).resolves.toBe(false);
    });

    it('are let go when the work fails, and when whoever holds them is killed', async () => {
      await expect(heldStill(new LocalSession(), source.point, never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      await expect(isHeld()).resolves.toBe(false);
      const session = new LocalSession();
      const lost = heldStill(session, source.point, never, async () => {
        session.close();
        await until(async () => !(await isHeld()));
      });
      await expect(lost).rejects.toMatchObject({ code: 'HOST_HOLD_LOST' });
    });

    it('are let go after the longest time, which is told, and ends the work', async () => {
      let ended: AbortSignal | undefined;
      const work = async (_held: boolean, within: AbortSignal) => {
        ended = within;
        await until(async () => !(await isHeld()));
      };
      const late = heldStill(new LocalSession(), source.point, never, work, { longestSeconds: 1 });
      await expect(late).rejects.toMatchObject({ code: 'HOST_HOLD_LOST', retryable: true });
      expect(ended?.aborted).toBe(true);
    });

    it('stay held by somebody else for longer than we would, and are then held by us for as long as we may', async () => {
      execFileSync('fsfreeze', ['-f', source.point]);
      const begunAt = performance.now();
      const work = () => until(async () => !(await isHeld()));
      const held = heldStill(new LocalSession(), source.point, never, work, { longestSeconds: 1 }).catch((error: unknown) => error);
      // Longer than we may hold it, and shorter than we try.
      await until(async () => performance.now() - begunAt > 4_000);
      await expect(isHeld()).resolves.toBe(true);
      execFileSync('fsfreeze', ['-u', source.point]);
      await expect(held).resolves.toMatchObject({ code: 'HOST_HOLD_LOST' });
      await expect(isHeld()).resolves.toBe(false);
    });
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come about');
  }
}

function filesOf(point: string): string {
  return execFileSync('sh', ['-c', 'cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum', 'sh', point], { encoding: 'utf8' });
}
