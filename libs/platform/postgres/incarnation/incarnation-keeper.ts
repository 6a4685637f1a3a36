import { randomUUID } from 'node:crypto';
import type { PoolClient } from '../pool-client';
import type { Session } from '../session';
import type { SqlExecutor } from '../sql-executor';
import type { IncarnationOptions } from './incarnation';
import { isConfirmed, judge, lookAt, type Look, type Memory } from './incarnation-look';
import * as steps from './incarnation-steps';
import { Receipts } from './receipts';

const GRACE_MS = 5_000;
const LOOK_MS = 2_000;
const RETRY_MS = 200;
const BEAT_MS = 10_000;
/** A server that went away without a word would leave the question unanswered. */
const ANSWER_MS = 10_000;

/**
 * Knows which incarnation of a schema this process works with, and lets connections in only while the database is that one. A
 * connection lives within one life of one server, so what was made sure of when it was opened holds until it ends: nothing that runs
 * on it has to ask again.
 */
export class IncarnationKeeper {
  private memory: Memory | null = null;
  private receipts = new Receipts();
  private revalidated = false;
  private restored = false;
  private session: Session | undefined;
  private readonly clients = new Set<PoolClient>();
  private readonly listeners: ((id: string) => void)[] = [];
  private unconfirmed: { life: string; sinceMs: number } | undefined;
  private beatAtMs = 0;
  private closed = false;
  private loop: Promise<void> = Promise.resolve();
  private woken = false;
  private endPause: () => void = () => undefined;

  constructor(
    private readonly openSession: () => Promise<Session>,
    private readonly options: IncarnationOptions,
  ) {}

  get id(): string {
    return this.memory?.id ?? '';
  }

  get isRevalidated(): boolean {
    return this.revalidated;
  }

  get isRestored(): boolean {
    return this.restored;
  }

  onChange(hear: (id: string) => void): void {
    this.listeners.push(hear);
  }

  async askRevalidated(executor: SqlExecutor): Promise<boolean> {
    const { id } = this;
    const [row] = await executor.query<{ revalidated: boolean }>('SELECT revalidated FROM incarnation WHERE id = $1', [id]);
    if (row && id === this.id) this.revalidated = row.revalidated;
    return row?.revalidated ?? false;
  }

  async markRevalidated(executor: SqlExecutor, id: string): Promise<void> {
    await executor.query('UPDATE incarnation SET revalidated = true WHERE id = $1', [id]);
    if (this.memory?.id === id) this.revalidated = true;
  }

  /** Resolves once connections are let in. Rejects when the database is away or does not keep what it acknowledges. */
  async start(): Promise<void> {
    try {
      const session = await this.openedSession();
      await steps.assertDurable(session, this.options.warn);
      while (!(await this.look(session))) await this.pause(RETRY_MS);
    } catch (error) {
      await this.session?.close();
      throw error;
    }
    this.loop = this.keepLooking();
  }

  /** Nothing more will be acknowledged to this process. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.loop;
    if (!this.session) return;
    await steps.forgetWitness(this.session, this.receipts.process).catch(() => undefined);
    await this.session.close();
  }

  /** Lets a new connection of the pool in. Raises as a server does that cannot take connections just now. */
  async admit(client: PoolClient): Promise<void> {
    const { receipts } = this;
    const look = await this.assertSame({ query: async (sql, params) => ((await client.query(sql, params)) as { rows: never[] }).rows });
    const id = receipts.takeId();
    if (look.receipts[id] === undefined)
      await client.query('INSERT INTO incarnation_receipt (id, process, n) VALUES ($1, $2, 0)', [id, receipts.process]);
    // Another incarnation may have been heard of while this one was asked.
    if (receipts !== this.receipts) throw cannotConnectNow();
    client.countOn(receipts.open(id, look.receipts[id] ?? 0));
    this.clients.add(client);
    client.once('end', () => {
      this.clients.delete(client);
      receipts.giveBack(id);
    });
  }

  /** Raises unless the database behind the executor is the one that this process knows, with all that it acknowledged. */
  async assertSame(executor: SqlExecutor): Promise<Look> {
    const { memory, receipts } = this;
    const acknowledged = receipts.acknowledged();
    const look = memory && (await lookAt(executor, memory, receipts.process));
    if (look && isConfirmed(look) && judge(look, memory, acknowledged) === 'same' && memory.id === this.memory?.id) return look;
    this.wake();
    throw cannotConnectNow();
  }

  private async keepLooking(): Promise<void> {
    let isSame = true;
    while (!this.closed) {
      await this.pause(isSame ? (this.options.lookMs ?? LOOK_MS) : RETRY_MS);
      if (this.closed) return;
      try {
        isSame = await this.look(await this.openedSession());
      } catch {
        // Away, or it went away meanwhile; everything else that uses the database reports it.
        isSame = false;
        await this.session?.close();
        this.session = undefined;
      }
    }
  }

  private async openedSession(): Promise<Session> {
    if (this.session) return this.session;
    const session = (this.session = await this.openSession());
    session.onEnd(() => {
      if (this.session !== session) return;
      this.session = undefined;
      this.wake();
    });
    return session;
  }

  /** One step towards being sure; true once nothing is left to do. */
  private async look(session: Session): Promise<boolean> {
    const { memory, receipts, options } = this;
    const acknowledged = receipts.acknowledged();
    const unanswered = setTimeout(() => void session.close(), ANSWER_MS);
    const look = await lookAt(session, memory, receipts.process).finally(() => clearTimeout(unanswered));
    if (look.recovering) return false;
    const verdict = judge(look, memory, acknowledged);
    if (verdict === 'lost') {
      const began = await steps.beginIncarnation(session, randomUUID(), { memory, process: receipts.process, acknowledged }, options.begin);
      if (began) options.warn?.('the database lost commits that it had acknowledged: another incarnation began', { ...began });
      return false;
    }
    if (!isConfirmed(look)) {
      await this.confirm(session, look);
      return false;
    }
    this.unconfirmed = undefined;
    if (verdict === 'other') await this.adopt(session, look);
    else await this.remember(session, look);
    return true;
  }

  /** The server was restarted. Everyone who was there before it has to say that nothing is missing, or stay silent for long. */
  private async confirm(session: Session, { current, serverLife }: Look): Promise<void> {
    const { receipts, options } = this;
    await steps.answer(session, receipts.process, serverLife);
    if (await steps.confirmIfAllAnswered(session, current!.id, serverLife)) return;
    if (this.unconfirmed?.life !== serverLife) this.unconfirmed = { life: serverLife, sinceMs: performance.now() };
    if (performance.now() - this.unconfirmed.sinceMs < (options.graceMs ?? GRACE_MS)) return;
    if (await steps.confirmUnwitnessed(session, current!.id, serverLife, options.unwitnessed))
      options.warn?.('the database was restarted, and not every process that was there before has been heard', {
        incarnation: current!.id,
      });
  }

  private async adopt(session: Session, look: Look): Promise<void> {
    const before = this.receipts;
    const receipts = new Receipts();
    receipts.witness = await steps.registerWitness(session, receipts.process, before.process);
    const isChange = this.memory !== null;
    this.receipts = receipts;
    this.remembers(look);
    if (!isChange) return;
    for (const client of this.clients) client.cut();
    for (const hear of this.listeners) hear(this.id);
  }

  private async remember(session: Session, look: Look): Promise<void> {
    this.remembers(look);
    if (performance.now() < this.beatAtMs) return;
    this.receipts.witness = await steps.beat(session, this.receipts.process);
    this.beatAtMs = performance.now() + BEAT_MS;
  }

  private remembers({ current, serverLife }: Look): void {
    this.memory = { id: current!.id, life: current!.life, serverLife };
    this.revalidated = current!.revalidated;
    this.restored = current!.restored;
  }

  private wake(): void {
    this.woken = true;
    this.endPause();
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.woken) return resolve();
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.woken = false;
  }
}

/** As PostgreSQL says it while it starts up; the pool's callers take it for a database that is away. */
function cannotConnectNow(): Error {
  return Object.assign(new Error('the database is not yet known to have all that it acknowledged'), { code: '57P03' });
}
