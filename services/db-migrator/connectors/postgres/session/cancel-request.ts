import type { Duplex } from 'node:stream';

const LENGTH = 16;
const CANCEL_REQUEST = 80_877_102;

/** What the server told a session, by which another connection may cancel its statement. */
export interface CancelKey {
  processId: number;
  secretKey: number;
}

/**
 * Asks the server to cancel what a session runs, over a fresh stream; resolves when the server has closed it, by when the request was
 * handed on. https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function sendCancelRequest(stream: Duplex, { processId, secretKey }: CancelKey): Promise<void> {
  const request = Buffer.alloc(LENGTH);
  request.writeInt32BE(LENGTH, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey | 0, 12);
  return new Promise((resolve, reject) => {
    stream.once('error', reject).once('close', () => resolve());
    stream.resume().write(request);
  });
}
