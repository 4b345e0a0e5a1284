import { it } from 'vitest';
import { simulated } from '../support/raw-machine.ts';
import { judgeMoments, momentsOf, judgeSpec } from '../support/judge-machine.ts';
it('x', async () => {
  for (const spec of ['hgx-h100-8-roce', 'hgx-h100-8', 'gb300-nvl72']) {
    const v = await judgeSpec(spec);
    console.log(spec, v.checks.filter((c) => c.severity !== 'PASS').map((c) => [c.id, c.severity, c.reason, JSON.stringify(c.findings)].join(' ')).join('\n'));
  }
  const s = await judgeMoments(momentsOf('hgx-h100-8-roce'));
  const f = s.facts as any;
  console.log(JSON.stringify(f.roce?.value?.[0] ?? f.roce), JSON.stringify(f.ethernetStatistics?.value?.[0] ?? f.ethernetStatistics).slice(0, 900));
  console.log(JSON.stringify(f.nics.value[0]).slice(0,3000));
});
