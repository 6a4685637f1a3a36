import type { Labels, Severity } from './alert';

export type Language = 'en' | 'zh';

export interface MessageAlert {
  readonly id: string;
  readonly name: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

/** What one delivery says, made from a template: the same at every attempt. */
export interface Message {
  /** Of the delivery: what a provider may know a repeated attempt by. */
  readonly id: string;
  readonly title: string;
  /** Plain text, with lines; channels that know markup take it as text and escape it. */
  readonly text: string;
  readonly language: Language;
  /** firing while one of its alerts fires. */
  readonly status: 'firing' | 'resolved';
  /** The worst of its alerts. */
  readonly severity: Severity;
  /** Where a person goes on from here; empty where no address of the console is known. */
  readonly url: string;
  /** What it tells of, worst first; a group may hold more than are listed here. */
  readonly alerts: readonly MessageAlert[];
  readonly alertCount: number;
  /** The key of the group: what incidents are known by at providers that join, and later resolve, them. */
  readonly groupKey: string;
}
