import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { stringify } from 'yaml';
import { findProgram, runProgram } from './prometheus-programs';
import { dashboardQueries, filesIn, FOLDER, readRules, readYaml } from './read-observability';

const ROOT = join(FOLDER, '..');
const rules = readRules();
const alerts = rules.filter(({ alert }) => alert !== undefined);
const promtool = findProgram('promtool');
const amtool = findProgram('amtool');

interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[];
}

/** Anchors of a page as GitHub makes them of its headings. */
function anchorsOf(page: string): Set<string> {
  const headings = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('alert rules', () => {
  it.each(alerts.map((rule) => [rule.alert!, rule] as const))('%s says what is wrong, how bad, and what to do', (name, rule) => {
    expect(rule.labels?.['severity']).toMatch(/^(critical|warning|info)$/);
    expect(rule.annotations?.['summary']?.length).toBeGreaterThan(20);
    const [page, anchor] = rule.annotations!['runbook_url']!.split('#');
    expect(anchor).toBe(name.toLowerCase());
    expect([...anchorsOf(page!)]).toContain(anchor);
  });

  it('are each tried: one case in which it fires, and one in which it does not', () => {
    const cases = filesIn('tests')
      .flatMap((file) => readYaml<RuleTests>(file).tests)
      .flatMap(({ alert_rule_test: tests }) => tests);
    const tried = (fires: boolean) =>
      new Set(cases.filter(({ exp_alerts: expected }) => expected.length > 0 === fires).map(({ alertname }) => alertname));
    const names = alerts.map(({ alert }) => alert!).sort();
    expect([...tried(true)].sort()).toEqual(names);
    expect([...tried(false)].sort()).toEqual(names);
  });

  it('have names of their own', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  });
});

describeIf(promtool ? null : 'promtool is not there: npm run provision -- prometheus-tools', 'rules, by promtool', () => {
  it('are in order', () => {
    const files = filesIn('files/rules').map((file) => join(FOLDER, file));
    expect(runProgram(promtool!, ['check', 'rules', '--lint-fatal', ...files])).toMatchObject({ status: 0 });
  });

  it('do what is expected of each', () => {
    const files = filesIn('tests').map((file) => join(FOLDER, file));
    const { status, said } = runProgram(promtool!, ['test', 'rules', ...files]);
    // What was not as expected stands in there.
    expect(said).not.toContain('FAILED');
    expect(said.match(/SUCCESS/g)).toHaveLength(files.length);
    expect(status).toBe(0);
  });

  describe('and queries of dashboards', () => {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-queries-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const check = (queries: string[]) => {
      const file = join(folder, 'queries.yaml');
      const asRules = queries.map((expr, index) => ({ record: `query_${index}`, expr }));
      writeFileSync(file, stringify({ groups: [{ name: 'queries', rules: asRules }] }));
      return runProgram(promtool!, ['check', 'rules', file]);
    };

    it('are PromQL', () => {
      expect(check(dashboardQueries())).toMatchObject({ status: 0 });
      expect(check(['sum by (app (up)']).status).not.toBe(0);
    });
  });
});

describeIf(amtool ? null : 'amtool is not there: npm run provision -- prometheus-tools', "Alertmanager's configuration", () => {
  const file = join(FOLDER, 'alertmanager', 'alertmanager.yaml');

  it('is in order', () => {
    expect(runProgram(amtool!, ['check-config', file])).toMatchObject({ status: 0 });
  });

  it('brings alerts of the rules to the notifier, and those of others elsewhere', () => {
    const receiver = (name: string) =>
      runProgram(amtool!, ['config', 'routes', 'test', `--config.file=${file}`, `alertname=${name}`]).stdout.trim();
    // The route goes by how the name begins: the first and the last stand for those between.
    for (const { alert } of [alerts[0]!, alerts.at(-1)!]) expect(receiver(alert!)).toBe('smartant-notifier');
    expect(receiver('KubePodCrashLooping')).toBe('others');
  });
});
