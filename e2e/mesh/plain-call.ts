import { type CallOptions, type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';

/** How a call ended, and after how long. */
export interface Outcome {
  code: status;
  afterMs: number;
}

/** One unary call with an empty message, which nobody repeats but the mesh; `headers` go with it. */
export function plainCall(
  client: Client,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  options: CallOptions = {},
): Promise<Outcome> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const startedMs = performance.now();
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      path,
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
      metadata,
      options,
      (error: ServiceError | null) => resolve({ code: error?.code ?? status.OK, afterMs: performance.now() - startedMs }),
    ),
  );
}

/** How a call of any kind ends, whatever comes before the end. */
export function endOfCall(client: Client, path: string, headers: Record<string, string> = {}): Promise<status> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const call = client.makeServerStreamRequest(
    path,
    () => Buffer.alloc(0),
    (bytes: Buffer) => bytes,
    {},
    metadata,
  );
  return new Promise((resolve) =>
    call
      .on('data', () => undefined)
      .on('error', () => undefined)
      .on('status', ({ code }) => resolve(code)),
  );
}

/** `count` calls, `atOnce` at a time. */
export async function plainCalls(count: number, atOnce: number, call: () => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let left = count;
  const caller = async () => {
    while (left-- > 0) outcomes.push(await call());
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  return outcomes;
}

/** Five standard deviations around what is expected of `count` draws at `share`: a right share misses it once in two million runs. */
export function bounds(count: number, share: number): { least: number; most: number } {
  const spread = 5 * Math.sqrt(count * share * (1 - share));
  return { least: count * share - spread, most: count * share + spread };
}
