import { LiquidTemplates } from '../../adapters/templates/liquid-templates';
import { SEVERITIES } from '../../domain/alert';
import { BUILT_IN } from '../../domain/templates/built-in';
import { KNOWN_ALERTS } from '../../domain/templates/known-alerts';
import type { Told } from '../../domain/templates/template-context';
import { TemplateProblem } from '../ports/template-engine';
import { write, writeAnyway } from '../write-message';
import { sampleAlert } from './sample-alert';

const engine = new LiquidTemplates();
const alert = sampleAlert(new Date('2026-11-29T10:00:00Z'));
const told = (change: Partial<Told> = {}): Told => ({
  language: 'en',
  workspaceId: 'ws',
  groupLabels: {},
  alerts: [alert],
  firing: 1,
  resolved: 0,
  stillFiring: 1,
  kind: 'group',
  url: '',
  ...change,
});

describe('built-in texts', () => {
  it('say what is the matter, since when, and what to do', () => {
    expect(write(engine, BUILT_IN.en, told())).toEqual({
      title: '[CRITICAL] Migration failed: orders',
      text: [
        '[critical] Migration failed: orders',
        'The key may not read the bucket. (STORAGE_ACCESS_DENIED)',
        'Grant s3:GetObject to the key.',
        'Since 2026-11-29T10:00:00Z',
      ].join('\n'),
    });
    const over = { ...alert, status: 'resolved' as const, endsAt: new Date('2026-11-29T11:00:00Z') };
    expect(write(engine, BUILT_IN.zh, told({ language: 'zh', alerts: [over], firing: 0, resolved: 1, stillFiring: 0 }))).toMatchObject({
      title: '[已恢复] 迁移失败：orders',
      text: expect.stringContaining('结束于 2026-11-29T11:00:00Z'),
    });
    expect(write(engine, BUILT_IN.en, told({ firing: 45, stillFiring: 45 })).text).toContain('and 44 more');
  });

  it.each(Object.keys(KNOWN_ALERTS))('know %s in both languages', (name) => {
    for (const language of ['en', 'zh'] as const) {
      const { title, text } = write(engine, BUILT_IN[language], told({ language, alerts: [{ ...alert, name, annotations: {} }] }));
      expect(title).toContain(KNOWN_ALERTS[name]![language].title);
      expect(text).toContain(KNOWN_ALERTS[name]![language].advice);
    }
  });

  it('tell unknown alerts by what their source says of them', () => {
    const other = {
      ...alert,
      name: 'HighLoad',
      labels: { namespace: 'shop', pod: 'cart-1' },
      annotations: { summary: 'The load is high', description: 'Load 40' },
    };
    expect(write(engine, BUILT_IN.en, told({ alerts: [other] }))).toMatchObject({
      title: '[CRITICAL] The load is high: shop/cart-1',
      text: expect.stringContaining('Load 40'),
    });
    for (const severity of SEVERITIES)
      expect(write(engine, BUILT_IN.zh, told({ language: 'zh', alerts: [{ ...other, severity }] })).title).not.toBe('');
  });
});

describe('templates of users', () => {
  const hostile = [
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
    '{{ alerts | nosuchfilter }}',
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% assign a = "xxxxxxxxxx" %}{% for i in (1..1000000) %}{% assign a = a | append: a %}{% endfor %}',
    '{% if %}',
    '{{ "x".repeat }}{% raw %}',
    'x'.repeat(30_000),
  ];
  it.each(hostile)('are refused, or say nothing they must not: %.60s', (body) => {
    let text = '';
    try {
      text = write(engine, { title: 'x', body }, told()).text;
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateProblem);
    }
    expect(text).not.toMatch(/root:|function|xxxx/);
  });

  it('see plain values alone', () => {
    const body = '{{ alerts[0].constructor }}|{{ alerts[0].labels.__proto__ }}|{{ engine }}|{{ alerts.constructor.constructor }}';
    expect(write(engine, { title: 'x', body }, told()).text).toBe('|||');
  });

  it('never lose an alert: what fails is said by the built-in one', () => {
    expect(writeAnyway(engine, { title: '{{ x | bad }}', body: '' }, told())).toMatchObject({
      title: '[CRITICAL] Migration failed: orders',
      problem: expect.stringContaining('bad'),
    });
    expect(writeAnyway(engine, { title: '', body: ' ' }, told())).toMatchObject({ problem: 'The template says nothing.' });
  });
});
