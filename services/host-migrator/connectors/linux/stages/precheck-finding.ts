import type { SmartantError } from '@smartant/kernel';
import type { Finding } from '@smartant/runs';

/** Of the target. */
export const note = (code: string, message: string): Finding => ({ severity: 'note', code, message, hint: '', subject: 'target' });

export function blocker({ code, message, hint }: SmartantError, subject: Finding['subject'] = 'target'): Finding {
  return { severity: 'blocker', code, message, hint: hint ?? '', subject };
}
