import type { Duplex } from 'node:stream';
import { Query, type Connection } from 'pg';

const COPY_DATA = 'd'.charCodeAt(0);

/** What the driver's queries write to. */
interface DriverConnection {
  query(text: string): void;
  stream: Duplex;
  endCopyFrom(): void;
}

/**
 * COPY … FROM STDIN whose data is sent with the command, without waiting for the server to ask for it: what is sent after a refused COPY is
 * passed over by the server. So it may stand among other statements that are sent without waiting.
 */
export class CopyQuery extends Query {
  constructor(
    sql: string,
    private readonly data: readonly Buffer[],
    callback: (error: Error | null, result: { rowCount: number | null }) => void,
  ) {
    // The driver takes it from the configuration; its types do not know it there.
    super({ text: sql, callback } as never);
  }

  override submit = (connection: Connection): void => {
    const driver = connection as unknown as DriverConnection;
    driver.query((this as unknown as { text: string }).text);
    sendCopyData(driver.stream, this.data);
    driver.endCopyFrom();
  };

  /** The data is on its way already. */
  handleCopyInResponse(): void {
    return undefined;
  }
}

/** CopyData messages in one write. The driver's own way copies the data twice, into memory that grows and shrinks with it. */
function sendCopyData(stream: Duplex, data: readonly Buffer[]): void {
  if (!stream.writable) return;
  stream.cork();
  for (const piece of data) {
    const header = Buffer.allocUnsafe(5);
    header[0] = COPY_DATA;
    header.writeInt32BE(piece.length + 4, 1);
    stream.write(header);
    stream.write(piece);
  }
  stream.uncork();
}
