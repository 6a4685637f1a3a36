import type { Dispatcher } from 'undici';

export interface HttpResponse {
  status: number;
  /** Lower-case names; repeated headers joined with ",". Bytes as Latin-1, as HTTP/1.1 has them. */
  headers: Record<string, string>;
  body: Buffer;
}

/** Told apart by field, since errors of Node itself need not be instances of this realm's Error. */
export type Outcome = { response: HttpResponse } | { error: Error };

export interface ExpectedBody {
  maxBytes: number;
  /** No body comes, whatever length the answer announces. */
  bodyless: boolean;
  /** Where the body of a good answer goes, if it fits. */
  into?: Buffer;
  /** Called right before the request is written, which may be long after it was handed over; what it throws ends it. */
  beforeStart?: () => void;
}

/** The answer is longer than the caller is ready to hold. */
export class BodyTooLongError extends Error {}

/** The connection ended before the announced length. */
export class BodyTruncatedError extends Error {
  readonly code = 'BODY_TRUNCATED';
}

/** Error bodies are read up to this. */
const ERROR_BODY_LIMIT = 64 * 1024;

/**
 * Collects one answer straight from undici's parser into one Buffer of the announced length. Its `request()` makes a
 * Readable for each answer, which costs about as much as the rest of a small request.
 */
export class ResponseCollector implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: Record<string, string> = {};
  private target: Buffer | undefined;
  private chunks: Buffer[] = [];
  private received = 0;
  private limit: number;
  private settled = false;
  private abortReason: Error | undefined;

  constructor(
    private readonly expected: ExpectedBody,
    private readonly done: (outcome: Outcome) => void,
  ) {
    this.limit = expected.maxBytes;
  }

  /** Ends the request now, whatever its state. */
  abort(reason: Error): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
    this.settle({ error: reason });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.abortReason) return controller.abort(this.abortReason);
    try {
      this.expected.beforeStart?.();
    } catch (error) {
      this.abort(error as Error);
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.status = status;
    for (const name in headers) {
      const value = headers[name];
      this.headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '');
    }
    if (status >= 300) this.limit = ERROR_BODY_LIMIT;
    const length = Number(this.headers['content-length']);
    if (this.expected.bodyless || !Number.isSafeInteger(length)) return;
    if (length > this.limit) return this.abort(new BodyTooLongError(`The answer announces ${length} bytes.`));
    const { into } = this.expected;
    this.target = into && status < 300 && length <= into.length ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // Of an answer that was given up nothing may reach a buffer that its owner uses again.
    if (this.settled) return;
    const end = this.received + chunk.length;
    if (end > this.limit || (this.target && end > this.target.length)) {
      return this.abort(new BodyTooLongError(`The answer has more than ${this.limit} bytes.`));
    }
    if (this.target) chunk.copy(this.target, this.received);
    else this.chunks.push(chunk);
    this.received = end;
  }

  onResponseEnd(): void {
    if (this.target && this.received !== this.target.length) {
      return this.settle({ error: new BodyTruncatedError(`The answer ended after ${this.received} of ${this.target.length} bytes.`) });
    }
    this.settle({ response: { status: this.status, headers: this.headers, body: this.target ?? Buffer.concat(this.chunks) } });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle({ error });
  }

  private settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.done(outcome);
  }
}
