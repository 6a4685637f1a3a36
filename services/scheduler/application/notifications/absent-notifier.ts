import { SmartantError } from '@smartant/kernel';
import type { NotificationDesk } from '../ports/notification-desk';

/** Stands where an installation has no notifier: every call raises NOTIFIER_NOT_CONFIGURED. */
export const absentNotifier: NotificationDesk = new Proxy({} as NotificationDesk, {
  get: () => () =>
    Promise.reject(
      new SmartantError('NOTIFIER_NOT_CONFIGURED', 'This installation has no notifier.', {
        kind: 'unavailable',
        actor: 'operator',
        retry: { kind: 'never' },
        hint: 'Run the service, and give the scheduler its address in SMARTANT_NOTIFIER_ADDRESS.',
      }),
    ),
});
