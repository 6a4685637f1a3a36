/** Large enough that asking costs nothing beside sending it. */
const PIECE_BYTES = 256 * 1024;
/**
 * Without its last piece a store takes nothing of a body. It is small, so that the system takes it at once: what waits in
 * the process's own buffers would still be sent when the process wakes from a long stop, before it can be asked again.
 */
const LAST_PIECE_BYTES = 16 * 1024;

/** A body that is written with the request itself. */
export function isOnePiece(body: Buffer): boolean {
  return body.length <= LAST_PIECE_BYTES;
}

/** The pieces of a body. Before each `mayWrite` is asked, and may throw. */
export function* guardedPieces(body: Buffer, mayWrite: () => void): Generator<Buffer> {
  const last = body.length - LAST_PIECE_BYTES;
  for (let start = 0; start < body.length;) {
    const end = start < last ? Math.min(start + PIECE_BYTES, last) : body.length;
    mayWrite();
    yield body.subarray(start, end);
    start = end;
  }
}
