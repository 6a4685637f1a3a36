import { spawnSync } from 'node:child_process';

/** Programs built from source through the Go module proxy, most useful first; minutes are for a cold cache on two cores. `byName`: only where it is named. */
export const goTools = [
  {
    name: 'minio',
    module: 'github.com/minio/minio',
    version: 'v0.0.0-20260212201848-7aac2a2c5b7c',
    minutes: 6,
    use: 'S3 contract and end-to-end tests',
  },
  {
    name: 'versitygw',
    module: 'github.com/versity/versitygw/cmd/versitygw',
    version: 'v1.8.0',
    minutes: 2,
    use: 'S3 contract and end-to-end tests',
  },
  {
    name: 'toxiproxy-server',
    module: 'github.com/Shopify/toxiproxy/v2/cmd/server',
    version: 'v2.5.0',
    minutes: 1,
    use: 'network faults in tests',
  },
  { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0', minutes: 5, use: 'tests of the chart' },
  { name: 'rclone', byName: true, module: 'github.com/rclone/rclone', version: 'v1.76.0', minutes: 5, use: 'benchmarks' },
  { name: 'mc', byName: true, module: 'github.com/minio/mc', version: 'v0.0.0-20250313080218-cf909e1063a9', minutes: 1, use: 'benchmarks' },
];

/** Null when Go can build; else why not. */
export function whyNoGo() {
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  return go.status === 0 ? null : 'Go is not installed (https://go.dev/dl)';
}
