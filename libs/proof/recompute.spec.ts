import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BucketDigests } from './bucket-digests';
import { sha256 } from './canonical-encoding';
import { leafDigest, type LeafEvidence } from './object-leaf';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const script = /```python\n([\s\S]*?)```/.exec(readFileSync(join(__dirname, '../../docs/proof.md'), 'utf8'))?.[1] ?? '';

/** What an auditor writes down, and what we hash. */
const describeObject = (index: number) => {
  const key = ['plain', 'trailing/', '空 格', '🐜', 'a//b', '"quoted"\n'][index % 6] + String(index);
  const properties: Record<string, string> = index % 2 ? { 'tag:￼': 'x', 'tag:🐜': '', 'content-type': 'text/plain' } : {};
  const digest = sha256(`content ${index}`);
  const kinds: [LeafEvidence, object][] = [
    [{ kind: 'sha256', digest }, { sha256: digest.toString('hex') }],
    [{ kind: 'checksum', algorithm: 'md5-etag', value: `e${index}` }, { checksum: ['md5-etag', `e${index}`] }],
    [{ kind: 'none' }, {}],
  ];
  const [evidence, stated] = kinds[index % 3] as [LeafEvidence, object];
  return {
    leaf: { key, size: index * 1_000, evidence, properties },
    line: JSON.stringify({ key, size: index * 1_000, properties, ...stated }),
  };
};

(hasPython ? describe : describe.skip)('the script in docs/proof.md (needs python3)', () => {
  it.each([0, 1, 150])('finds our root for %i objects', (count) => {
    const objects = Array.from({ length: count }, (_, index) => describeObject(index));
    const ours = new BucketDigests();
    for (const { leaf } of objects) ours.add(leaf.key, leafDigest(leaf), leaf.size);
    const input = objects.map(({ line }) => `${line}\n`).join('');
    const run = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.stdout.trim()).toBe(ours.root());
  });
});
