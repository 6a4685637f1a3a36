import { fingerprintOf } from './fingerprint';

/** Held by the notifier too (services/notifier/domain): what one of them calls an alert is the same alert for the other. */
const EXAMPLE = {
  workspaceId: 'ws_00000000000070008000000000000001',
  name: 'migration-failed',
  labels: { migration_id: 'mig_1', kind: 'storage', migration: 'Fotos "2026" – 照片', error_code: 'STORAGE_UNREACHABLE' },
};
const FINGERPRINT = '17244ab9be2258428070b27091f4bd46ef3ff4377c2b21636df83afd6975d334';

it('is that of the example that both sides hold', () => {
  expect(fingerprintOf(EXAMPLE.workspaceId, EXAMPLE.name, EXAMPLE.labels)).toBe(FINGERPRINT);
});

it('does not depend on the order of labels', () => {
  const turned = Object.fromEntries(Object.entries(EXAMPLE.labels).reverse());
  expect(fingerprintOf(EXAMPLE.workspaceId, EXAMPLE.name, turned)).toBe(FINGERPRINT);
});

it('tells workspaces, names and labels apart', () => {
  const { workspaceId, name, labels } = EXAMPLE;
  const all = [
    fingerprintOf(workspaceId, name, labels),
    fingerprintOf('', name, labels),
    fingerprintOf(workspaceId, 'migration-lag', labels),
    fingerprintOf(workspaceId, name, { ...labels, kind: 'host' }),
    fingerprintOf(workspaceId, name, {}),
  ];
  expect(new Set(all).size).toBe(all.length);
});
