export interface EventFrame {
  event: string;
  data: string;
}

/** Takes a stream of server-sent events apart: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export class EventFrames {
  #rest = '';

  /** The frames that are whole now that this text has come. Comments, which keep the connection alive, are none. */
  push(text: string): EventFrame[] {
    const blocks = (this.#rest + text).replaceAll('\r\n', '\n').split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => frameOf(block.split('\n')));
  }
}

function frameOf(lines: string[]): EventFrame[] {
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = field('data');
  return data.length === 0 ? [] : [{ event: field('event').at(-1) ?? 'message', data: data.join('\n') }];
}
