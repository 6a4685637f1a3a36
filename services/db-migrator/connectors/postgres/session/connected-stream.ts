import type { Duplex } from 'node:stream';

/** What the driver calls on a socket of its own making. */
interface DriverSocket {
  connect(): Duplex;
  setNoDelay(): Duplex;
  setKeepAlive(): Duplex;
  ref(): Duplex;
  unref(): Duplex;
}

/**
 * Gives a stream that is connected (with its TLS up) to a driver that wants to connect by itself: its `connect` only tells that it is
 * done. The driver works on the very socket then, with nothing in between.
 */
export function connectedStream(stream: Duplex): Duplex {
  const same = () => stream;
  const plain: DriverSocket = {
    connect: () => {
      setImmediate(() => stream.emit('connect'));
      return stream;
    },
    setNoDelay: same,
    setKeepAlive: same,
    ref: same,
    unref: same,
  };
  // Sockets have all but `connect` already; streams over a bastion have none of them.
  for (const [name, call] of Object.entries(plain)) {
    if (name === 'connect' || !(name in stream)) Object.defineProperty(stream, name, { value: call, configurable: true });
  }
  return stream;
}
