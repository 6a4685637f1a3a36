import { integerSetting, listSetting } from '@smartant/platform/config';
import { z } from 'zod';
import { DEFAULT_STREAM_TIMES, type StreamTimes } from './kubernetes/list-and-watch';

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Settings of the watchers of Kubernetes, for the notifier's configuration. */
export const watcherSettings = {
  /** `cluster`: the cluster that the notifier runs in, or that of SMARTANT_KUBERNETES_CONFIG_FILE. */
  SMARTANT_KUBERNETES_WATCH: z.enum(['off', 'cluster']).default('off'),
  /** A kubeconfig; its current context counts. Absent: the service account of the pod. */
  SMARTANT_KUBERNETES_CONFIG_FILE: z.string().optional(),
  /** By commas. None: the whole cluster with its nodes. */
  SMARTANT_KUBERNETES_NAMESPACES: listSetting.refine((names) => names.every((name) => NAMESPACE.test(name)), {
    error: 'Expected names of namespaces by commas, such as prod,kube-system',
  }),
  /** Where SmartAnt itself runs: what is missing there is told as critical. */
  POD_NAMESPACE: z.string().default(''),
  /** Minutes without another one after which warnings of one kind are over. */
  SMARTANT_KUBERNETES_EVENT_QUIET_MINUTES: integerSetting({ min: 1, max: 1_440 }).default(15),
  SMARTANT_KUBERNETES_CORDONED_MINUTES: integerSetting({ min: 0, max: 100_000 }).default(60),
} as const;

const watcherObject = z.object(watcherSettings);
export type WatcherConfig = z.output<typeof watcherObject>;

export interface WatcherOptions {
  /** Empty: the whole cluster. */
  readonly namespaces: readonly string[];
  readonly ownNamespace: string;
  readonly quietSeconds: number;
  readonly cordonedSeconds: number;
  /** How long a replica that says nothing more keeps the lead. It is renewed three times in that time. */
  readonly leaseSeconds: number;
  /** What lasts is told again after it. */
  readonly repeatSeconds: number;
  readonly probeSeconds: number;
  /** How often holds, quiet times and room are looked at, and what is new is told. */
  readonly tickSeconds: number;
  readonly stream: StreamTimes;
}

export const DEFAULT_WATCHER_OPTIONS: WatcherOptions = {
  ...{ namespaces: [], ownNamespace: '', quietSeconds: 900, cordonedSeconds: 3_600 },
  ...{ leaseSeconds: 15, repeatSeconds: 300, probeSeconds: 15, tickSeconds: 2 },
  stream: DEFAULT_STREAM_TIMES,
};

export function watcherOptions(config: WatcherConfig): WatcherOptions {
  return {
    ...DEFAULT_WATCHER_OPTIONS,
    namespaces: [...new Set(config.SMARTANT_KUBERNETES_NAMESPACES)].sort(),
    ownNamespace: config.POD_NAMESPACE,
    quietSeconds: config.SMARTANT_KUBERNETES_EVENT_QUIET_MINUTES * 60,
    cordonedSeconds: config.SMARTANT_KUBERNETES_CORDONED_MINUTES * 60,
  };
}
