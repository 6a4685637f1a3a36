import { adviceFor, runbookOf, saidBy, subjectOf, titleOf } from './alert-words';

const known = { en: { title: 'Migration failed', advice: 'Read it.' }, zh: { title: '迁移失败', advice: '请查看。' } };
const alert = (annotations: Record<string, string>, texts: typeof known | null = null) => ({
  name: 'DiskFull',
  labels: {},
  annotations,
  texts,
});

it('calls an alert by what is known of its name, then by its own words', () => {
  expect(titleOf(alert({ summary: 'Disk of db-1' }, known), 'zh-CN')).toBe('迁移失败');
  expect(titleOf(alert({ summary: 'Disk of db-1' }), 'en')).toBe('Disk of db-1');
  expect(titleOf(alert({}), 'en')).toBe('DiskFull');
});

it('says a summary once', () => {
  expect(saidBy(alert({ summary: 'Disk of db-1' }))).toBeUndefined();
  expect(saidBy(alert({ summary: 'Disk of db-1' }, known))).toBe('Disk of db-1');
  expect(saidBy(alert({ error_message: 'refused', summary: 's' }))).toBe('refused');
});

it('advises in the language of the reader, or as its source does', () => {
  expect(adviceFor(alert({ hint: 'Look.' }, known), 'zh-CN')).toBe('请查看。');
  expect(adviceFor(alert({ hint: 'Look.' }), 'zh-CN')).toBe('Look.');
});

it('names what it is about', () => {
  expect(subjectOf({ labels: { kind: 'storage', migration: 'photos', phase: 'full' } })).toBe('photos');
  expect(subjectOf({ labels: { pod: 'p', namespace: 'n', node: 'x' } })).toBe('x · n');
});

it('opens no address of a runbook that could be a script', () => {
  expect(runbookOf(alert({ runbook_url: 'https://example.com/disk' }))).toBe('https://example.com/disk');
  expect(runbookOf(alert({ runbook_url: 'javascript:alert(1)' }))).toBeUndefined();
  expect(runbookOf(alert({ runbook_url: 'https://a b' }))).toBeUndefined();
});
