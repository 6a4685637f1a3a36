import type { ListedObject } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const MIB = 1024 * 1024;

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const endOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${String(i).padStart(4, '0')}`, `content ${i}`]));

describe('a migration that is interrupted', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('is taken over from a dead process, while that one still writes, and nothing is counted twice', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(200));
    const migration = rig.migration(source, target);
    let puts = 0;
    const killed = gate();
    const first = rig.process({
      leaseMs: 900,
      openStorage: openWithFaults({
        writer: {
          put: async () => {
            puts += 1;
            // What is in flight when the process dies reaches the store late.
            if (puts > 100) await killed.opened;
          },
        },
      }),
    });
    const { run } = await first.runs.start(rig.order(migration, 'full'));
    await rig.until(first, run.runId, ({ ledger }) => ledger.copiedObjects > 0 && puts > 100);
    first.kill();
    const second = rig.process({ leaseMs: 900 });
    const heir = rig.end(second, run.runId);
    await rig.until(second, run.runId, ({ ledger }) => ledger.copiedObjects + ledger.unchangedObjects > 100);
    killed.open();
    const { ledger, run: ended } = await heir;
    expect(ended).toMatchObject({ status: 'succeeded', error: null });
    expect(ledger.copiedObjects + ledger.unchangedObjects).toBe(200);
    expect(ledger).toMatchObject({ listedObjects: 200, quarantinedObjects: 0 });
    expect(await rig.contents(target)).toEqual(many(200));
    expect(rig.warnings).toContainEqual(
      expect.objectContaining({ message: 'shard taken over', attributes: expect.objectContaining({ runId: run.runId, stage: 'sync' }) }),
    );
    await second.workers.stop();
  });

  it('stops well before its lease ends when paused, keeps what was done, and goes on when resumed', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(150));
    const migration = rig.migration(source, target);
    migration.limits.requestsPerSecond = 60;
    const migrator = rig.process();
    const { run } = await migrator.runs.start(rig.order(migration, 'full'));
    await rig.until(migrator, run.runId, ({ ledger }) => ledger.copiedObjects > 0);
    const askedMs = performance.now();
    expect((await migrator.runs.pause(run.runId)).run.status).toBe('paused');
    await rig.until(migrator, run.runId, async () => (await rig.database.query(`SELECT 1 FROM shard WHERE state = 'leased'`)).length === 0);
    expect(performance.now() - askedMs).toBeLessThan(8_000);
    const paused = await migrator.runs.get(run.runId);
    // A put that was cut off may have reached the store all the same; it is found unchanged, or written again, later.
    const { copiedObjects } = paused.ledger;
    expect(copiedObjects).toBeLessThanOrEqual(Object.keys(await rig.contents(target)).length);
    expect(
      await rig.database.query(`SELECT 1 FROM shard WHERE state = 'pending' AND position <> 'null' AND run_id = $1`, [run.runId]),
    ).toHaveLength(1);
    await migrator.runs.setLimits(migration.id, { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 4 });
    await migrator.runs.resume(run.runId);
    const done = await rig.end(migrator, run.runId);
    expect(done.ledger.copiedObjects + done.ledger.unchangedObjects).toBe(150);
    expect(done.ledger).toMatchObject({ listedObjects: 150, quarantinedObjects: 0 });
    expect(await rig.contents(target)).toEqual(many(150));
    const fields = { migrationId: migration.id, runId: run.runId, phase: 'full' };
    await rig.until(migrator, run.runId, () => rig.notes.some(({ runId, status }) => runId === run.runId && status === 'succeeded'));
    expect(rig.notes.filter(({ runId }) => runId === run.runId)).toEqual([
      expect.objectContaining({ ...fields, message: 'run started' }),
      expect.objectContaining({ ...fields, message: 'run paused', status: 'paused' }),
      expect.objectContaining({ ...fields, message: 'run resumed', status: 'running' }),
      expect.objectContaining({ ...fields, message: 'run ended', status: 'succeeded' }),
    ]);
    await migrator.workers.stop();
  });

  it('raises a limit for a run that waits for it', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(20));
    const migration = rig.migration(source, target);
    migration.limits.requestsPerSecond = 1;
    const migrator = rig.process();
    const { run } = await migrator.runs.start(rig.order(migration, 'full'));
    await migrator.runs.setLimits(migration.id, { bytesPerSecond: 0, requestsPerSecond: 0, concurrency: 0 });
    expect((await rig.end(migrator, run.runId)).run.status).toBe('succeeded');
    await migrator.workers.stop();
  });

  it('goes on with a half-copied large object at its part', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const content = Buffer.alloc(22 * MIB, 'smartant');
    await rig.put(source, { huge: content });
    const migration = rig.migration(source, target, { partSizeBytes: 5 * MIB });
    const stuck = gate();
    const sent: number[] = [];
    const first = rig.process({
      leaseMs: 4_000,
      openStorage: openWithFaults({
        writer: {
          // As a request does, it ends with its shard: a busy machine may lose its lease, and goes on only once all that it sent has ended.
          putPart: async (_key: string, _uploadId: string, partNumber: number, _bytes: Buffer, signal: AbortSignal) => {
            if (partNumber >= 4) await Promise.race([stuck.opened, endOf(signal)]);
            sent.push(partNumber);
          },
        },
      }),
    });
    const { run } = await first.runs.start(rig.order(migration, 'full'));
    await rig.until(first, run.runId, async () => (await rig.database.query('SELECT 1 FROM upload_part')).length === 3);
    const half = await first.runs.get(run.runId);
    expect([half.partialBytes, half.ledger.copiedBytes]).toEqual([15 * MIB, 0]);
    first.kill();
    const resent: number[] = [];
    const second = rig.process({
      leaseMs: 4_000,
      openStorage: openWithFaults({
        writer: { putPart: async (_key: string, _uploadId: string, partNumber: number) => void resent.push(partNumber) },
      }),
    });
    const { run: done, ledger, partialBytes } = await rig.end(second, run.runId);
    stuck.open();
    expect(partialBytes).toBe(0);
    expect(done.error).toBeNull();
    // A lease that ran out on a busy machine sends a part twice that was not on record yet; what was recorded is never sent again.
    expect(new Set(sent)).toEqual(new Set([1, 2, 3]));
    expect(new Set(resent)).toEqual(new Set([4, 5]));
    expect(ledger).toMatchObject({ copiedObjects: 1, copiedBytes: content.length });
    expect((await rig.contents(target)).huge).toBe(content.toString('latin1'));
    expect(await rig.database.query('SELECT 1 FROM upload')).toEqual([]);
    await second.workers.stop();
  });

  it('leaves no upload behind when it is cancelled', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { huge: Buffer.alloc(11 * MIB) });
    const migration = rig.migration(source, target, { partSizeBytes: 5 * MIB });
    const uploads: [string, string][] = [];
    const stuck = gate();
    const migrator = rig.process({
      openStorage: openWithFaults({
        writer: {
          putPart: async (key: string, uploadId: string) => {
            uploads.push([key, uploadId]);
            await stuck.opened;
          },
        },
      }),
    });
    const { run } = await migrator.runs.start(rig.order(migration, 'full'));
    await rig.until(migrator, run.runId, () => uploads.length > 0);
    expect((await migrator.runs.cancel(run.runId, migration.id))?.run.status).toBe('cancelling');
    expect((await rig.end(migrator, run.runId)).run.status).toBe('cancelled');
    const said = () => rig.notes.filter(({ runId }) => runId === run.runId).map(({ message, status }) => [message, status]);
    await rig.until(migrator, run.runId, () => said().length === 3);
    expect(said().slice(1)).toEqual([
      ['run is being cancelled', 'cancelling'],
      ['run ended', 'cancelled'],
    ]);
    stuck.open();
    const [[key, uploadId] = ['', '']] = uploads;
    const { writer, reader } = rig.open(target);
    await expect(writer?.listParts(key, uploadId, new AbortController().signal)).rejects.toMatchObject({
      code: 'STORAGE_UPLOAD_NOT_FOUND',
    });
    await reader.close();
    expect((await migrator.runs.cancel(run.runId, migration.id))?.run.status).toBe('cancelled');
    expect(await migrator.runs.cancel('', migration.id)).toBeNull();
    await expect(migrator.runs.get(run.runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await migrator.workers.stop();
  });

  it('looks again at an object that is overwritten while it is copied', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: 'old', b: 'steady' });
    let overwritten = false;
    const overwrite = async (object: ListedObject): Promise<void> => {
      if (object.key !== 'a' || overwritten) return;
      overwritten = true;
      await rig.put(source, { a: 'newer content' });
    };
    const migrator = rig.process({ openStorage: openWithFaults({ reader: { read: overwrite } }) });
    const full = await rig.run(migrator, rig.migration(source, target), 'full');
    expect(full.ledger).toMatchObject({ copiedObjects: 2, quarantinedObjects: 0 });
    expect(await rig.contents(target)).toEqual({ a: 'newer content', b: 'steady' });
    await migrator.workers.stop();
  });

  it('waits out an endpoint that is away, without quarantine', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(20));
    let awayUntilMs = 0;
    const away = async (): Promise<void> => {
      awayUntilMs ||= performance.now() + 1_500;
      if (performance.now() > awayUntilMs) return;
      throw new SmartantError('STORAGE_UNREACHABLE', 'away', { kind: 'unavailable', retry: { kind: 'backoff' } });
    };
    let planned = false;
    const migrator = rig.process({
      openStorage: openWithFaults({
        writer: { put: away },
        reader: { probe: async () => (planned ? away() : undefined), read: async () => void (planned = true) },
      }),
    });
    const full = await rig.run(migrator, rig.migration(source, target), 'full');
    expect(full.run).toMatchObject({ status: 'succeeded', error: null });
    expect(full.ledger).toMatchObject({ copiedObjects: 20, quarantinedObjects: 0 });
    await migrator.workers.stop();
  });
});
