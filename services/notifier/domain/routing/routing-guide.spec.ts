import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseRouting } from './routing-schema';

it('takes the document that the guide shows', () => {
  const guide = readFileSync(join(__dirname, '../../../../docs/guides/notifications.md'), 'utf8');
  const [, text = ''] = /```yaml\n(route:[\s\S]*?)```/.exec(guide) ?? [];
  const { route, rotations, escalations } = parseRouting(parse(text), (name) => `id-of-${name}`);
  expect(route).toMatchObject({ channels: ['id-of-ops'], routes: [{ escalation: 'up' }, { name: 'nights' }, { name: 'small' }] });
  expect([rotations.length, escalations.length]).toEqual([1, 1]);
});
