import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { followStream } from '../../api/event-stream';
import { migrationQuery } from './queries';

export interface MigrationWatch {
  isConnected: boolean;
  bytesPerSecond: number;
  objectsPerSecond: number;
  error: unknown;
}

const NOTHING_YET: MigrationWatch = { isConnected: false, bytesPerSecond: 0, objectsPerSecond: 0, error: undefined };

/**
 * Keeps the data of `migrationQuery` as fresh as the platform tells it, at most once a second. The stream ends when the migration is at rest:
 * pass another `version` to follow it again, as after an action that has set it going.
 */
export function useMigrationWatch(ws: string, id: string, version?: number): MigrationWatch {
  const client = useQueryClient();
  const [watch, setWatch] = useState(NOTHING_YET);
  useEffect(() => {
    const leave = new AbortController();
    const change = (part: Partial<MigrationWatch>) => setWatch((before) => ({ ...before, ...part }));
    followStream<Schema<'WatchUpdate'>>(`/v1/workspaces/${encodeURIComponent(ws)}/migrations/${encodeURIComponent(id)}/watch`, {
      signal: leave.signal,
      onConnected: (isConnected) => change({ isConnected, error: undefined }),
      onUpdate: ({ migration, bytesPerSecond, objectsPerSecond }) => {
        client.setQueryData(migrationQuery(ws, id).queryKey, migration);
        change({ bytesPerSecond, objectsPerSecond });
      },
    })
      .then(() => change({ isConnected: false, bytesPerSecond: 0, objectsPerSecond: 0 }))
      .catch((error: unknown) => change({ isConnected: false, error }));
    return () => leave.abort();
  }, [client, ws, id, version]);
  return watch;
}
