import { explainXid } from '../knowledge/explain.ts';
import { xidCodes } from '../knowledge/xid/catalogue.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/xid.md: every Xid with NVIDIA's buckets and Muster's judgement of it. */
export const xidPage = (): string =>
  [
    GENERATED,
    '# Xids',
    "NVIDIA's buckets say what to do now and what to look into; class, severity and action are Muster's. `muster explain xid N` prints one.",
    table(
      ['xid', 'mnemonic', 'meaning', 'applies to', 'now', 'then', 'class', 'severity', 'action'],
      xidCodes().map((code) => {
        const entry = explainXid(code);
        return [
          String(code),
          entry.mnemonic,
          entry.meaning,
          entry.appliesTo.join(' '),
          entry.immediate?.name ?? '',
          entry.investigatory?.name ?? '',
          entry.class,
          entry.severity,
          `${entry.action.drain ? 'drain, ' : ''}${entry.action.then}`,
        ];
      }),
    ),
  ]
    .join('\n\n')
    .concat('\n');
