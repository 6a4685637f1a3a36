import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Taken {
  atMs: number;
  json: Record<string, unknown>;
}

export interface CountingProviderOptions {
  /** By which minutes and seconds are counted. */
  nowMs?: () => number;
  /** Of so many requests `/hook` tells one to come again in a second. */
  throttleEvery?: number;
  /** How long it takes to answer. */
  answerMs?: number;
}

const MINUTE_MS = 60_000;
/** What Feishu takes of a robot, and how it says that this is enough: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
export const ROBOT_PER_MINUTE = 100;

/** Somebody's webhook (`/hook`, `/spare`) and a robot of Feishu (`/robot`), which throttle as such do, and count what they are asked. */
export class CountingProvider {
  readonly hooks: Taken[] = [];
  readonly spares: Taken[] = [];
  readonly robots: Taken[] = [];
  /** Requests that were told to come again later. */
  readonly throttled = { hook: 0, robot: 0 };
  /** Away: nobody is answered. */
  away = false;
  private askedOfHook = 0;
  private readonly askedOfRobot: number[] = [];
  private readonly nowMs: () => number;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(private readonly options: CountingProviderOptions = {}) {
    this.nowMs = options.nowMs ?? Date.now;
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The most that the robot was asked within any minute, wherever it begins. */
  mostInAMinute(): number {
    return this.askedOfRobot.reduce((most, atMs, index, all) => {
      const within = all.slice(index).findIndex((later) => later >= atMs + MINUTE_MS);
      return Math.max(most, within === -1 ? all.length - index : within);
    }, 0);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      // Whoever asked was killed.
      return;
    }
    const taken = { atMs: this.nowMs(), json: JSON.parse(Buffer.concat(pieces).toString('utf8')) as Taken['json'] };
    if (request.url === '/robot') this.askedOfRobot.push(taken.atMs);
    if (this.away && request.url !== '/spare') return void request.socket.destroy();
    await pause(this.options.answerMs ?? 0);
    if (request.url === '/robot') return this.answerRobot(taken, response);
    if (request.url === '/hook' && (this.askedOfHook += 1) % (this.options.throttleEvery ?? Infinity) === 0) {
      this.throttled.hook += 1;
      return void response.writeHead(429, { 'retry-after': '1' }).end();
    }
    (request.url === '/hook' ? this.hooks : this.spares).push(taken);
    response.writeHead(204).end();
  }

  private answerRobot(taken: Taken, response: ServerResponse): void {
    const isOver = this.lately(this.robots, taken.atMs, MINUTE_MS) >= ROBOT_PER_MINUTE;
    if (isOver) this.throttled.robot += 1;
    else this.robots.push(taken);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ code: isOver ? 11232 : 0, msg: '' }));
  }

  private lately(taken: readonly Taken[], nowMs: number, withinMs: number): number {
    return taken.filter(({ atMs }) => atMs > nowMs - withinMs).length;
  }
}
