import { fingerprintOf } from './alert';

/** Held by the scheduler too (services/scheduler/domain/alerting): what one of them calls an alert is the same alert for the other. */
const EXAMPLE = {
  workspaceId: 'ws_00000000000070008000000000000001',
  name: 'migration-failed',
  labels: { migration_id: 'mig_1', kind: 'storage', migration: 'Fotos "2026" – 照片', error_code: 'STORAGE_UNREACHABLE' },
};
const FINGERPRINT = '17244ab9be2258428070b27091f4bd46ef3ff4377c2b21636df83afd6975d334';

it('is that of the example that both sides hold', () => {
  expect(fingerprintOf(EXAMPLE)).toBe(FINGERPRINT);
});

it('does not depend on the order of labels', () => {
  const turned = Object.fromEntries(Object.entries(EXAMPLE.labels).reverse());
  expect(fingerprintOf({ ...EXAMPLE, labels: turned })).toBe(FINGERPRINT);
});

it('tells workspaces, names and labels apart', () => {
  const all = [
    fingerprintOf(EXAMPLE),
    fingerprintOf({ ...EXAMPLE, workspaceId: '' }),
    fingerprintOf({ ...EXAMPLE, name: 'migration-lag' }),
    fingerprintOf({ ...EXAMPLE, labels: { ...EXAMPLE.labels, kind: 'host' } }),
    fingerprintOf({ ...EXAMPLE, labels: {} }),
  ];
  expect(new Set(all).size).toBe(all.length);
});
