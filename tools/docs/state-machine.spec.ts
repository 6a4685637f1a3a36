import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../../services/scheduler/domain/migration/describe-machine';

/** Without what only aligns the columns of a table. */
const content = (markdown: string) =>
  markdown
    .split('\n')
    .map((line) => line.replace(/-{3,}/g, '---').replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '');

it('docs/state-machine.md says what the state machine does (npm run docs:generate)', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'state-machine.md'), 'utf8');
  expect(content(page)).toEqual(content(describeMachine()));
});
