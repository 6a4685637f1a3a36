import { createHash } from 'node:crypto';
import type { Labels } from './alert-rule';

/**
 * SHA-256, 64 hexadecimal digits, of workspace (empty: the platform), name and labels: what tells an alert from all others. The notifier
 * computes the same (services/notifier/domain/alert.ts); both are held to one example.
 */
export function fingerprintOf(workspaceId: string, name: string, labels: Labels): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([workspaceId, name, entries]))
    .digest('hex');
}
