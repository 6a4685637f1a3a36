import { SmartantError } from '@smartant/kernel';
import type { IncomingMessage } from 'node:http';
import { unreachable } from '../watcher-errors';
import { statusFailure, type Status } from './kube-client';
import type { KubernetesObject } from './kubernetes-objects';

export interface WatchChange<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** An object is at most what etcd takes, 1.5 MiB by default. */
const LINE_CHARACTERS = 32 * 1024 * 1024;

/**
 * The changes of a watch as they come: each list is what one piece of the body ended, and the next piece is read when the consumer asks, so that a
 * slow database slows the API server's sending and not our memory. Ends with the body. Raises KUBERNETES_UNREACHABLE, or what the server's Status says.
 */
export async function* watchChanges<T extends KubernetesObject>(answer: IncomingMessage): AsyncGenerator<WatchChange<T>[]> {
  let rest = '';
  answer.setEncoding('utf8');
  try {
    for await (const piece of answer as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      if (rest.length > LINE_CHARACTERS) throw new Error('a change is longer than any object may be');
      const changes = lines
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as WatchChange<T> | { type: 'ERROR'; object: Status });
      const failure = changes.find(isFailure);
      // What came before the failure is as good as ever.
      const before = (failure ? changes.slice(0, changes.indexOf(failure)) : changes) as WatchChange<T>[];
      if (before.length > 0) yield before;
      if (failure) throw statusFailure(failure.object, 500);
    }
  } catch (error) {
    throw error instanceof SmartantError ? error : unreachable(error);
  }
}

function isFailure(change: { type: string }): change is { type: 'ERROR'; object: Status } {
  return change.type === 'ERROR';
}
