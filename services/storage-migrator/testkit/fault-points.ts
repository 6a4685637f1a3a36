import type { OpenStorage, StorageReader, StorageWriter, WriteGuard } from '@smartant/connectors';
import { openStorage } from '../connectors/connectors';

export interface FaultPoints {
  /** Awaited before the call goes through; may throw in its place. Arguments as given. */
  reader?: Partial<Record<keyof StorageReader, (...args: never[]) => Promise<void>>>;
  writer?: Partial<Record<keyof StorageWriter, (...args: never[]) => Promise<void>>>;
}

/** The real connectors, with points at which a test can wait, watch or fail. Listings are not intercepted. */
export function openWithFaults(points: FaultPoints): OpenStorage {
  return (location, options) => {
    const { reader, writer } = openStorage(location, options);
    return { location, reader: intercept(reader, points.reader ?? {}), writer: writer && intercept(writer, points.writer ?? {}) };
  };
}

function intercept<T extends object>(target: T, points: Record<string, ((...args: never[]) => Promise<void>) | undefined>): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      if (name === 'guardedBy') return (guard: WriteGuard) => intercept((value as (guard: WriteGuard) => T).call(object, guard), points);
      const point = points[String(name)];
      if (!point) return value.bind(object) as unknown;
      return async (...args: unknown[]) => {
        await point(...(args as never[]));
        return (value as (...all: unknown[]) => unknown).apply(object, args);
      };
    },
  });
}
