import { refused } from '../channel-refusals';
import type { HttpAnswer } from './channel-http';
import { statusRefusal, succeeded } from './status-refusal';

/** The JSON object of a provider that says what came of a request in a code of its own. Raises ChannelError for any other answer. */
export function jsonObjectOf(answer: HttpAnswer, nowMs: number): Record<string, unknown> {
  if (!succeeded(answer)) throw statusRefusal(answer, nowMs);
  if (!isObject(answer.json)) throw refused('answer');
  return answer.json;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number or a short text as text; anything else is empty. */
export function textOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}
