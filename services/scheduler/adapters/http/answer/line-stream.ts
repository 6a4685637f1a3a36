import { once } from 'node:events';
import type { Response } from 'express';

/** Written at once: a chunk for each line would cost more than the lines. */
const CHUNK_CHARACTERS = 64 * 1024;
/** How long a reader may take nothing before it is cut. */
const STALLED_MS = 30_000;

/**
 * Sends lines (NDJSON) as fast as the reader takes them, and no more than one chunk ahead of it. What the source throws before its first
 * line is thrown here, so that it becomes a usual problem; later it cuts the connection, so that nobody takes a part for the whole.
 */
export async function sendLines(response: Response, lines: AsyncIterable<string>, stalledMs = STALLED_MS): Promise<void> {
  let chunk = '';
  try {
    for await (const line of lines) {
      if (response.destroyed) return;
      if (!response.headersSent && chunk === '') begin(response);
      chunk += `${line}\n`;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      await write(response, chunk, stalledMs);
      chunk = '';
    }
    response.end(chunk);
  } catch (error) {
    if (response.destroyed) return;
    if (response.headersSent) response.destroy();
    throw error;
  }
}

function begin(response: Response): void {
  response.status(200).setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  response.setHeader('X-Accel-Buffering', 'no');
}

/** Resolves when the reader has taken it. Cuts one that takes nothing. */
async function write(response: Response, chunk: string, stalledMs: number): Promise<void> {
  if (response.write(chunk)) return;
  const stalled = setTimeout(() => response.destroy(), stalledMs);
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    clearTimeout(stalled);
    // Takes the other one's listener off.
    over.abort();
  }
}
