import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { ChartCopy, helmBinary, type Manifest } from '../deploy/render-chart';
import { callScript } from './fixtures/call-script';

interface Seen {
  requests: number;
  errors: number;
  p95Ms: number;
}
const judge = (of: { stable: Seen; canary: Seen }) =>
  callScript<{ verdict: string; reasons: string[] }>('judge-canary.mjs', 'judgeCanary', of);

describe('a canary', () => {
  const stable = { requests: 10_000, errors: 20, p95Ms: 80 };

  it.each<[string, Seen, string]>([
    ['as good as the version beside it', { requests: 1_000, errors: 2, p95Ms: 90 }, 'good'],
    ['that fails a little more often, by chance', { requests: 1_000, errors: 6, p95Ms: 80 }, 'good'],
    ['that fails more often', { requests: 1_000, errors: 12, p95Ms: 80 }, 'bad'],
    ['that is slower', { requests: 1_000, errors: 2, p95Ms: 400 }, 'bad'],
    ['that nobody has used', { requests: 12, errors: 0, p95Ms: 10 }, 'unknown'],
  ])('%s is judged so', (_, canary, verdict) => {
    expect(judge({ stable, canary }).verdict).toBe(verdict);
  });

  it('is not called slow beside a version that nobody uses any more', () => {
    expect(judge({ stable: { requests: 0, errors: 0, p95Ms: 0 }, canary: { requests: 1_000, errors: 0, p95Ms: 400 } })).toEqual({
      verdict: 'good',
      reasons: [],
    });
  });
});

describe('the steps of a canary', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  const about = { service: 'storage-migrator', version: 'v2', digest: DIGEST, share: 10 };

  it('are values of the chart: a second Deployment with its share, nothing of it after its end, and no other image anywhere else', () => {
    const helm = helmBinary();
    if (!helm) return void console.warn('SKIPPED: helm is not installed');
    const chart = new ChartCopy(helm);
    const rendered = (step?: string) => {
      const values = step ? callScript<string[]>('canary.mjs', 'stepValues', step, about) : [];
      const text = execFileSync(helm, ['template', 'smartant', chart.path, '-n', 'prod', ...values], {
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      });
      return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
    };
    const images = (manifests: Manifest[]) =>
      Object.fromEntries(
        manifests
          .filter(({ kind }) => kind === 'Deployment')
          .map(({ metadata, spec }) => [metadata.name, /"image":"([^"]+)"/.exec(JSON.stringify(spec))![1]]),
      );
    try {
      const before = images(rendered());
      const shared = rendered('share');
      expect(images(shared)).toEqual({ ...before, 'storage-migrator-v2': `smartant/storage-migrator@${DIGEST}` });
      expect(
        JSON.stringify(shared.find(({ kind, metadata }) => kind === 'VirtualService' && metadata.name === 'storage-migrator')),
      ).toContain('"subset":"v2"');
      expect(images(rendered('promote'))).toEqual({ ...before, 'storage-migrator-v1': `smartant/storage-migrator@${DIGEST}` });
      expect(images(rendered('abort'))).toEqual(before);
    } finally {
      chart.remove();
    }
  });
});
