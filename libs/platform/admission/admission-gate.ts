import type { Logger } from '@smartant/platform/logging';
import { counter, gauge } from '@smartant/platform/metrics';
import type { ClassLimits, Permit } from './class-limits';
import { FairSlots } from './fair-slots';
import { LoopDelay } from './loop-delay';

const TICK_MS = 250;
const REFUSING_MS = 2_000;
const LOG_EVERY_MS = 10_000;

const admitted = counter('smartant_admission_admitted_total', 'Requests that were let in, by class.', ['class']);
const refused = counter('smartant_admission_refused_total', 'Requests that were refused unread, by class and reason.', ['class', 'reason']);
const running = gauge('smartant_admission_running', 'Requests under way, by class.', ['class']);
const waiting = gauge('smartant_admission_waiting', 'Requests that wait for their turn, by class.', ['class']);
const limit = gauge('smartant_admission_limit', 'Requests that may be under way just now, by class.', ['class']);

const loopDelay = gauge(
  'smartant_admission_loop_delay_seconds',
  'How late the event loop was on average during the last quarter of a second.',
);

export interface GateOptions<Class extends string> {
  classes: Record<Class, ClassLimits>;
  logger?: Pick<Logger, 'warn'>;
  /** Of the event loop since the last call, in milliseconds; measured when absent. */
  takeDelayMs?: () => number;
}

/**
 * Stands before all edges of a process and decides what it takes on. Each class of requests has places of its own, so that no flood of one
 * class takes those of another; where the event loop falls behind, the classes that are meant to shrink do, and the rest keeps its pace.
 */
export class AdmissionGate<Class extends string> {
  private readonly slots: Map<Class, FairSlots>;
  private readonly delay = new LoopDelay();
  private readonly takeDelayMs: () => number;
  private readonly refusals = new Map<string, number>();
  private readonly refusedAtMs = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private loggedAtMs = 0;

  constructor(private readonly options: GateOptions<Class>) {
    this.takeDelayMs = options.takeDelayMs ?? (() => this.delay.takeMs());
    const classes = Object.entries(options.classes) as [Class, ClassLimits][];
    this.slots = new Map(classes.map(([name, limits]) => [name, new FairSlots(name, limits, (reason) => this.count(name, reason))]));
  }

  /** Begins to watch the event loop. */
  start(): void {
    this.delay.start();
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Refuses all who wait; who is in may finish. */
  stop(): void {
    clearInterval(this.timer);
    this.delay.stop();
    for (const slots of this.slots.values()) slots.close();
  }

  /**
   * Resolves once the request may be worked on. `caller`: whoever must not crowd out others. Raises ADMISSION_OVERLOADED or
   * ADMISSION_CALLER_LIMIT, both with the time to wait, or the signal's reason.
   */
  async enter(name: Class, caller: string, signal?: AbortSignal): Promise<Permit> {
    const permit = await this.slotsOf(name).enter(caller, signal);
    admitted.inc({ class: name });
    return permit;
  }

  /** True for two seconds after a refusal: time to spare what can be spared. */
  isRefusing(name: Class): boolean {
    return performance.now() - (this.refusedAtMs.get(name) ?? -Infinity) < REFUSING_MS;
  }

  stateOf(name: Class): FairSlots['state'] {
    return this.slotsOf(name).state;
  }

  /** Adapts the limits to the delay of the event loop; done four times a second once started. */
  tick(): void {
    const delayMs = this.takeDelayMs();
    loopDelay.set(delayMs / 1_000);
    for (const [name, slots] of this.slots) {
      slots.adapt(delayMs);
      const state = slots.state;
      running.set({ class: name }, state.running);
      waiting.set({ class: name }, state.waiting);
      limit.set({ class: name }, state.limit);
    }
    this.logRefusals(delayMs);
  }

  private slotsOf(name: Class): FairSlots {
    const slots = this.slots.get(name);
    if (!slots) throw new TypeError(`there is no admission class "${name}"`);
    return slots;
  }

  private count(name: Class, reason: string): void {
    refused.inc({ class: name, reason });
    this.refusedAtMs.set(name, performance.now());
    this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1);
  }

  /** One line for many: a line for each would cost more than the refusal saves. */
  private logRefusals(delayMs: number): void {
    const nowMs = performance.now();
    if (this.refusals.size === 0 || nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
    this.options.logger?.warn({ refused: Object.fromEntries(this.refusals), loopDelayMs: Math.round(delayMs) }, 'requests were refused');
    this.refusals.clear();
    this.loggedAtMs = nowMs;
  }
}
