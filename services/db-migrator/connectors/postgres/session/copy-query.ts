import { Query, type Connection } from 'pg';

/** What the driver's queries write to. */
interface DriverConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * COPY … FROM STDIN whose data is sent with the command, without waiting for the server to ask for it: what is sent after a refused COPY is
 * passed over by the server. So it may stand among other statements that are sent without waiting.
 */
export class CopyQuery extends Query {
  constructor(
    sql: string,
    private readonly data: Buffer,
    callback: (error: Error | null, result: { rowCount: number | null }) => void,
  ) {
    // The driver takes it from the configuration; its types do not know it there.
    super({ text: sql, callback } as never);
  }

  override submit = (connection: Connection): void => {
    const driver = connection as unknown as DriverConnection;
    driver.query((this as unknown as { text: string }).text);
    driver.sendCopyFromChunk(this.data);
    driver.endCopyFrom();
  };

  /** The data is on its way already. */
  handleCopyInResponse(): void {
    return undefined;
  }
}
