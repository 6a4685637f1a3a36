import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { migrationsQuery } from '../migrations/queries';
import { pointBetween, sampleOf, type Point, type Sample } from './throughput';

/** The API's largest page. */
export const COUNTED = 200;
/** A quarter of an hour at one look every three seconds. */
const POINTS_KEPT = 300;

/** The newest migrations, and how fast they have been since the first look. */
export function useActivity(workspace: string) {
  const query = useQuery(migrationsQuery(workspace, { pageSize: COUNTED }));
  const [points, setPoints] = useState<readonly Point[]>([]);
  const last = useRef<Sample>(undefined);
  const { data, dataUpdatedAt } = query;
  useEffect(() => {
    if (!data) return;
    const sample = sampleOf(data.items, dataUpdatedAt);
    const point = last.current && pointBetween(last.current, sample);
    last.current = sample;
    if (point) setPoints((before) => [...before, point].slice(-POINTS_KEPT));
  }, [data, dataUpdatedAt]);
  return { ...query, points };
}
