import type { MessageAlert } from '../../domain/message';

/** What templates are tried on, and what a test message is about. */
export function sampleAlert(at: Date): MessageAlert {
  return {
    id: 'alr_00000000000000000000000000000000',
    name: 'migration-failed',
    status: 'firing',
    severity: 'critical',
    labels: { migration: 'orders', phase: 'full' },
    annotations: {
      error_code: 'STORAGE_ACCESS_DENIED',
      error_message: 'The key may not read the bucket.',
      hint: 'Grant s3:GetObject to the key.',
    },
    startsAt: at,
    endsAt: null,
  };
}
