import { SmartantError } from '@smartant/kernel';
import { quoteName, quoteText } from '../catalog/catalog';
import { pgError } from '../session/pg-errors';
import type { PgEndpoint, PgSession } from '../session/pg-session';
import { errorFields, queryMessage } from '../session/protocol-messages';
import { FrameReader, type FrameVisitor } from './frame-reader';
import { formatLsn, type Lsn } from './lsn';
import { formOfPublications } from './exact-types';
import type { MessageBlock, ValueForm } from './messages';
import { assertSlot, endReader, type SlotIdentity } from './slot';

export interface ReplicationStreamOptions {
  source: PgEndpoint;
  slot: SlotIdentity;
  publications: readonly string[];
  /** Everything before it is applied and durable. */
  from: Lsn;
  migrationId: string;
  /** Absent: binary where that is exact. */
  form?: ValueForm;
  signal: AbortSignal;
}

interface BeginOptions extends Pick<ReplicationStreamOptions, 'publications' | 'from'> {
  /** What the server is called in messages. */
  label: string;
  slot: string;
  form: ValueForm;
}

/** From 14 on a transaction that is larger than logical_decoding_work_mem is sent before it ends, and messages are told. */
const STREAMING_FROM = 140_000;
/** Type, position, end of the log, time. */
const XLOG_HEADER = 25;
const NOTHING = Buffer.alloc(0);
const STATUS_MS = 1_000;
/** The server answers a status that asks for it at once; one that is silent for so long is gone. */
const SILENT_MS = 60_000;
const ASK_AFTER_MS = 10_000;
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n;
const [COPY_DATA, ERROR, COPY_BOTH, COPY_DONE, READY] = ['d', 'E', 'W', 'c', 'Z'].map((letter) => letter.charCodeAt(0));
const [XLOG_DATA, KEEPALIVE] = ['w', 'k'].map((letter) => letter.charCodeAt(0));

/**
 * The change stream of a slot. Acknowledges only what `acknowledge` was told, once a second and whatever the consumer does, so that a busy
 * one is not taken for dead; what is not taken is held back at the socket.
 */
export class ReplicationStream {
  /** What the server's clock is ahead of ours. */
  clockAheadMs = 0;
  private readonly timer: NodeJS.Timeout;
  private acknowledged: Lsn;
  private failure: SmartantError | undefined;

  private constructor(
    private readonly session: PgSession,
    private readonly stream: NodeJS.WritableStream,
    private readonly reader: FrameReader,
    private readonly label: string,
    from: Lsn,
    /** Of the values that come. */
    readonly form: ValueForm,
  ) {
    this.acknowledged = from;
    this.timer = setInterval(() => this.beat(), STATUS_MS);
  }

  /** Checks that the slot is the one that was made, ends a reader that is left over, and begins. `notify` is called when there is more. */
  static async open(options: ReplicationStreamOptions, notify: () => void): Promise<ReplicationStream> {
    const { source, slot, publications, from, signal } = options;
    const session = await source.open({ applicationName: `smartant stream ${options.migrationId}`, replication: true, signal });
    try {
      await assertSlot(session, slot, formatLsn(from), signal);
      await endReader(session, slot.name, signal);
      const form = options.form ?? (await formOfPublications(session, publications, signal));
      return ReplicationStream.begin(session, { label: source.label, slot: slot.name, publications, from, form }, notify);
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  /** On a replication session that has nothing to answer: of a temporary slot, the one that made it. */
  static begin(session: PgSession, { label, slot, publications, from, form }: BeginOptions, notify: () => void): ReplicationStream {
    const { stream } = session.takeOver();
    const opened = new ReplicationStream(session, stream, new FrameReader(stream, notify), label, from, form);
    stream.write(queryMessage(startCommand(session.serverVersion, { slot, publications, from, form })));
    return opened;
  }

  get receivedBytes(): number {
    return this.reader.receivedBytes;
  }

  /** Something came that was not taken yet. */
  get hasReceived(): boolean {
    return this.reader.hasReceived;
  }

  /** The messages of pgoutput that are there, in order. Raises when the stream has ended and nothing is left. */
  take(): MessageBlock {
    this.block = { bytes: NOTHING, bounds: [] };
    this.reader.take(this.visit);
    const { block } = this;
    if (block.bounds.length > 0) return block;
    if (this.failure) throw this.failure;
    if (this.reader.failure) throw pgError(this.reader.failure, this.label);
    return block;
  }

  /** All before it is applied and durable at the target. */
  acknowledge(lsn: Lsn): void {
    if (lsn > this.acknowledged) this.acknowledged = lsn;
  }

  /** Tells the server at once, and asks how far it is. */
  ask(): void {
    this.sendStatus(true);
  }

  close(): void {
    clearInterval(this.timer);
    this.reader.detach();
    this.sendStatus(false);
    this.session.destroy();
  }

  private block: MessageBlock = { bytes: NOTHING, bounds: [] };

  private readonly visit: FrameVisitor = (type, bytes, begin, end) => {
    if (type === COPY_DATA) {
      if (bytes[begin] === XLOG_DATA) {
        this.block.bytes = bytes;
        this.block.bounds.push(begin + XLOG_HEADER, end);
      } else if (bytes[begin] === KEEPALIVE) this.onKeepalive(bytes.subarray(begin, end));
    } else if (type === ERROR) {
      const { C: code = '', M: message = '' } = errorFields(bytes.subarray(begin, end));
      this.failure ??= pgError(Object.assign(new Error(message), { code }), this.label);
    } else if (type === COPY_DONE || type === READY) {
      this.failure ??= new SmartantError('DATABASE_UNREACHABLE', `The source ended the stream (${this.label}).`, { kind: 'unavailable' });
    } else if (type === COPY_BOTH) this.sendStatus(false);
  };

  private onKeepalive(body: Buffer): void {
    this.keepaliveLsn = body.readBigUInt64BE(1);
    this.clockAheadMs = Number((body.readBigInt64BE(9) + POSTGRES_EPOCH_MICROS) / 1000n) - Date.now();
    if (body[17] === 1) this.sendStatus(false);
  }

  /** As of the last keepalive: what was committed before it, was sent before it. */
  keepaliveLsn: Lsn = 0n;

  private beat(): void {
    const silentMs = Date.now() - this.reader.lastReceivedMs;
    // A socket that we hold back ourselves says nothing about the other side.
    if (silentMs > SILENT_MS && !this.reader.isPaused) this.session.destroy();
    this.sendStatus(silentMs > ASK_AFTER_MS);
  }

  private sendStatus(wantsReply: boolean): void {
    const status = Buffer.alloc(39);
    status.write('d', 0, 'latin1');
    status.writeInt32BE(38, 1);
    status.write('r', 5, 'latin1');
    for (const at of [6, 14, 22]) status.writeBigUInt64BE(this.acknowledged, at);
    status.writeBigInt64BE(BigInt(Date.now()) * 1000n - POSTGRES_EPOCH_MICROS, 30);
    status.writeUInt8(wantsReply ? 1 : 0, 38);
    if (this.stream.writable) this.stream.write(status);
  }
}

function startCommand(serverVersion: number, { slot, publications, from, form }: Omit<BeginOptions, 'label'>): string {
  const names = publications.map(quoteName).join(', ');
  const options =
    serverVersion >= STREAMING_FROM
      ? `proto_version '2', streaming 'on', messages 'true', publication_names ${quoteText(names)}`
      : `proto_version '1', publication_names ${quoteText(names)}`;
  const binary = form === 'binary' ? `, binary 'true'` : '';
  return `START_REPLICATION SLOT ${quoteName(slot)} LOGICAL ${formatLsn(from)} (${options}${binary})`;
}
