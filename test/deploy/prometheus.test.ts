import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checks } from '../../checks/index.ts';
import { CAUSE_KINDS } from '../../src/api.ts';
import { xidCatalogue, xidMeaning } from '../../src/knowledge/xid/index.ts';
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import { docsLink } from '../../src/report/docs-link.ts';
import { explains } from '../../src/straggler/evidence.ts';
import { DEPLOY, hasTool, needs, runTool } from './support/tools.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Recorded {
  readonly record: string;
  readonly expr: string;
}

const FOLDER = join(DEPLOY, 'prometheus');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const rulesOf = (file: string): readonly (Alert | Recorded)[] =>
  (parse(read(file)) as { groups: { rules: (Alert | Recorded)[] }[] }).groups.flatMap(({ rules }) => rules);
const alertsOf = (file: string): readonly Alert[] => rulesOf(file).filter((rule) => 'alert' in rule);
const alerts = alertsOf('alerts.yml');
const stragglers = alertsOf('stragglers.yml');

describe.skipIf(!hasTool('promtool'))(`promtool${needs('promtool')}`, () => {
  test.each([
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts_test.yml'],
    ['check', 'rules', 'stragglers.yml'],
    ['test', 'rules', 'stragglers_test.yml'],
    ['check', 'config', 'scrape.yml'],
  ])('%s %s %s', (...args) => {
    const { code, said } = runTool('promtool', args, FOLDER);
    expect(said).toContain('SUCCESS');
    expect(code).toBe(0);
  });
});

describe('alerts.yml', () => {
  test.each(alerts)('$alert is named, graded, explained and tested', ({ alert, labels, annotations }) => {
    expect(alert).toMatch(/^Muster[A-Z][A-Za-z]+$/);
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
    const tested = read('alerts_test.yml');
    expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n\\s+- exp_labels`));
    expect(tested).toMatch(new RegExp(`alertname: ${alert}(,|\\n\\s+)\\s*exp_alerts: \\[\\]`));
  });

  test.each(alerts)('$alert reads only metrics and labels that the agent has', ({ expr }) => {
    const known = new Map(CATALOGUE.map(({ name, labels }) => [name, labels]));
    for (const [, name = '', selector = ''] of expr.matchAll(/\b(muster_[a-z_]+)\b(?:\{([^}]*)\})?/g)) {
      expect([...known.keys()]).toContain(name);
      for (const [, label = ''] of selector.matchAll(/([A-Za-z_]+)\s*[=!]/g)) expect(known.get(name)).toContain(label);
    }
  });

  test('MusterFatalXid knows the codes for which the catalogue drains a node', () => {
    const expr = alerts.find(({ alert }) => alert === 'MusterFatalXid')?.expr ?? '';
    const codes = /xid=~"([0-9|]+)"/.exec(expr)?.[1]?.split('|').map(Number);
    const drained = xidCatalogue.map(({ code }) => code).filter((code) => xidMeaning(code).action.drain);
    expect(codes).toEqual([...drained].sort((a, b) => a - b));
  });

  test('a link to a check leads to its heading in docs/checks.md', () => {
    for (const { annotations } of alerts) {
      const [, check] = /^docs\/checks\.md#(gpu[a-z-]+)$/.exec(annotations.runbook_url ?? '') ?? [];
      if (check !== undefined) expect(checks.map(({ id }) => docsLink(id))).toContain(annotations.runbook_url);
    }
  });

  test('a link to the README leads to a heading there', () => {
    const headings = [...read('README.md').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
    for (const { annotations } of [...alerts, ...stragglers]) {
      const [, anchor] = /^deploy\/prometheus\/README\.md#(.+)$/.exec(annotations.runbook_url ?? '') ?? [];
      if (anchor !== undefined) expect(headings).toContain(anchor);
    }
  });
});

describe('stragglers.yml', () => {
  test.each(stragglers)('$alert is named, graded, explained and tested', ({ alert, labels, annotations }) => {
    expect(alert).toMatch(/^Muster[A-Z][A-Za-z]+$/);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations.runbook_url).toBe(`deploy/prometheus/README.md#${alert.toLowerCase()}`);
    const tested = read('stragglers_test.yml');
    expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n\\s+- exp_labels`));
    expect(tested).toMatch(new RegExp(`alertname: ${alert}, exp_alerts: \\[\\]`));
  });

  // Level, metric and operations (prometheus.io/docs/practices/rules), and nothing that no rule records.
  test('what is recorded is read, and what is read is recorded', () => {
    const rules = rulesOf('stragglers.yml');
    const recorded = new Set(rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])));
    const text = [...rules.map(({ expr }) => expr), ...stragglers.map((one) => one.annotations.description)].join('\n');
    const read = new Set([...text.matchAll(/\b[a-z]+:[a-z_]+:[a-z0-9_]+\b/g)].map(([name]) => name));
    for (const name of recorded) expect(name).toMatch(/^(?:gpu|node|peers):(?:node_)?muster_gpu_[a-z_]+:[a-z0-9_]+$/);
    expect([...read].sort()).toEqual([...recorded].sort());
  });

  test('each cause explains there what it explains to `muster stragglers`', () => {
    const RECORDED = ['power', 'sm_clock'] as const;
    const explained = rulesOf('stragglers.yml').flatMap((rule) => {
      if (!('record' in rule && rule.record.endsWith(':explains'))) return [];
      return [...rule.expr.matchAll(/label_replace\(([^)]*?)"feature", "([a-z_]+)"/g)].flatMap(
        ([, causes = '', feature]) =>
          [...causes.matchAll(/cause=~"([a-z_|]+)"/g)].flatMap(([, kinds = '']) =>
            kinds.split('|').map((kind) => `${kind} ${feature}`),
          ),
      );
    });
    const meant = CAUSE_KINDS.flatMap((kind) =>
      RECORDED.filter((feature) => explains({ kind, detail: '' }, feature)).map((feature) => `${kind} ${feature}`),
    );
    expect([...explained].sort()).toEqual([...meant].sort());
  });

  test('the rules read only metrics and labels that the agent has', () => {
    const known = new Map(CATALOGUE.map(({ name, labels }) => [name, labels]));
    for (const { expr } of rulesOf('stragglers.yml'))
      for (const [, name = '', selector = ''] of expr.matchAll(/(?<!:)\b(muster_[a-z0-9_]+)\b(?!:)(?:\{([^}]*)\})?/g)) {
        expect([...known.keys()]).toContain(name);
        for (const [, label = ''] of selector.matchAll(/([A-Za-z_]+)\s*(?:=|!)/g))
          if (label !== 'node') expect(known.get(name)).toContain(label);
      }
  });
});
