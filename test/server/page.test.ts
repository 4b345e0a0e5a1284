import { describe, expect, it } from 'vitest';
import { absent, known } from '../../src/api.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { html } from '../../src/server/html.ts';
import { nodePage } from '../../src/server/page.ts';
import { OPTIONS } from '../report/options.ts';
import { factOf, healthyGpu, NOW } from '../support/healthy-gpu.ts';
import { signalOf } from '../support/series.ts';
import {
  failingCheck,
  failingSnapshot,
  findingOf,
  gpuCheck,
  healthyPort,
  nicCheck,
  nicRef,
  snapshotOf,
} from '../support/snapshot.ts';

const pageOf = (snapshot: ReturnType<typeof snapshotOf>, over = {}): string =>
  nodePage(snapshot, verdictOf(snapshot, { ...OPTIONS, ...over }), NOW);

describe('the page', () => {
  it('has the verdict first, then what is wrong, the worst first, with what to do', () => {
    const page = pageOf(failingSnapshot());
    const order = [
      'Not ready for jobs: CRITICAL',
      'fallen off the bus',
      'drain the node, then reboot it',
      'did not answer',
      'held back the clocks',
      'not counted',
      '>GPUs<',
      '>Network ports<',
      '>Sources<',
    ];
    const places = order.map((text) => page.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('says of a port in words how it is, and asks nothing of one without a link', () => {
    const down = { state: known('DOWN'), physicalState: known('Disabled'), rateGbps: absent('unsupported', 'no link') };
    const ports = [
      healthyPort(0),
      healthyPort(1, { ...down, role: 'unused' }),
      healthyPort(2, down),
      healthyPort(3, down),
      healthyPort(4, { rateGbps: absent('denied', 'EACCES') }),
      healthyPort(5, down),
    ];
    const finding = findingOf({ check: 'network/link-down', component: nicRef(2) });
    const suppressed = {
      ...finding,
      component: nicRef(3),
      suppressedUntil: NOW + 60_000,
      suppressedBy: 'alice: cable',
    };
    const page = pageOf(
      snapshotOf({
        checks: [gpuCheck('gpu/ecc-errors'), nicCheck('network/link-rate', 6), failingCheck([finding, suppressed])],
        facts: { gpus: factOf([healthyGpu(0)]), nics: factOf(ports) },
      }),
    );
    const rows = page.split('<tr>').flatMap((row) => {
      const name = /<strong>NIC mlx5_(\d)/.exec(row)?.[1];
      const [, , , , , rate] = row.split('<td>').map((cell) => cell.replace('</td>', '').trim());
      return name === undefined ? [] : [[/class="badge (\w+)">([^<]+)</.exec(row)?.slice(1).join(' '), rate]];
    });
    expect(rows).toEqual([
      ['good healthy', '400 Gb/s'],
      ['info not used', '–'],
      ['bad unhealthy', '–'],
      ['info suppressed', '–'],
      ['good healthy', 'no value (denied)'],
      ['info no link', '–'],
    ]);
    expect(page).toContain('UTC by alice: cable');
  });

  it('says of what could not be found out what to do, and does not call information wrong', () => {
    const page = pageOf(failingSnapshot());
    expect(page.split('UNKNOWN</span>')[1]).toMatch(/<dt>do<\/dt>.*\n.*muster explain gpu\/nvlink-errors/);
    const info = findingOf({ severity: 'INFO', action: { drain: false, then: 'none' } });
    const calm = pageOf(snapshotOf({ checks: [gpuCheck('gpu/ecc-errors'), failingCheck([info])] }));
    expect(calm).toContain('Good to know');
    expect(calm).not.toContain('What is wrong');
  });

  it('leads to what a program reads', () => {
    for (const path of ['/metrics', '/api/v1/status', '/api/v1/events'])
      expect(pageOf(snapshotOf())).toContain(`href="${path}"`);
  });

  it('loads nothing and runs nothing', () => {
    expect(pageOf(failingSnapshot())).not.toMatch(/<script|\ssrc=|url\(|@import|\son\w+=|https?:/i);
  });

  it('escapes whatever the machine says', () => {
    const hostile = '<script>alert("x")</script>\'&\u0000';
    const snapshot = snapshotOf({
      node: { ...snapshotOf().node, name: hostile, mock: hostile },
      checks: [
        gpuCheck('gpu/ecc-errors'),
        failingCheck(
          [
            findingOf({
              check: 'gpu/x',
              title: hostile,
              message: hostile,
              observed: hostile,
              expected: hostile,
              evidence: { [hostile]: hostile },
            }),
          ],
          { title: hostile, reason: hostile },
        ),
      ],
      facts: {
        gpus: factOf([healthyGpu(0)]),
        nics: factOf([
          healthyPort(0, {
            ref: { ...nicRef(0), device: hostile },
            state: known(hostile),
            firmwareVersion: known(hostile),
          }),
        ]),
      },
      sources: [{ source: hostile, up: false, reason: 'failed', detail: hostile, durationSeconds: 1 }],
    });
    const page = pageOf(snapshot);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('alert("x")');
    expect(page).toContain('&lt;script&gt;');
  });

  it('says of what it does not know that it does not, and why', () => {
    const lost = absent('lost', 'GPU is lost');
    const gpu = healthyGpu(0, { temperature: { coreCelsius: signalOf(lost) } });
    expect(pageOf(snapshotOf({ facts: { gpus: factOf([gpu]) } }))).toContain('no value (lost), 44 °C');
    const denied = { ...absent('denied', 'nvidia-smi may not be run'), at: NOW, source: 'nvidia-smi' };
    expect(pageOf(snapshotOf({ facts: { gpus: denied } }))).toContain('Not known: nvidia-smi may not be run (denied)');
    expect(pageOf(snapshotOf({ facts: {} }))).toContain('Nothing has read them');
  });

  it('says that a simulated machine is one, and only then', () => {
    expect(pageOf(snapshotOf())).not.toContain('SIMULATED');
    expect(pageOf(snapshotOf({ node: { ...snapshotOf().node, mock: 'hgx-h100-8' } }))).toContain(
      'SIMULATED MACHINE hgx-h100-8',
    );
  });

  it('shows ready and why not in words', () => {
    expect(pageOf(snapshotOf())).toContain('Ready for jobs: PASS');
    expect(pageOf(snapshotOf({ checks: [] }))).toContain('no check could judge a GPU');
  });
});

it('markup inside markup is not escaped twice, text is escaped once', () => {
  expect(html`<p>${html`<b>${'a<b'}</b>`}${[html`<i>${1}</i>`, undefined]}${undefined}</p>`.markup).toBe(
    '<p><b>a&lt;b</b><i>1</i></p>',
  );
});
