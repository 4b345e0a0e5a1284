import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recoveryAction, recoveryActionOfXid154 } from '../../src/knowledge/recovery-action.ts';

describe('recoveryAction', () => {
  it.each([
    ['None', false, 'INFO', false, 'none'],
    ['N/A', false, 'INFO', false, 'none'],
    ['GPU Reset Required', true, 'CRITICAL', true, 'reset_gpu'],
    ['Reset', true, 'CRITICAL', true, 'reset_gpu'],
    ['Node Reboot Required', true, 'CRITICAL', true, 'reboot'],
    ['Reboot', true, 'CRITICAL', true, 'reboot'],
    ['Drain P2P', true, 'WARNING', false, 'restart_app'],
    ['Drain and Reset', true, 'CRITICAL', true, 'reset_gpu'],
    ['drain  AND reset', true, 'CRITICAL', true, 'reset_gpu'],
    ['Recover IMEX Domain', true, 'CRITICAL', true, 'service'],
    ['Bus Reset Required', true, 'CRITICAL', true, 'reboot'],
    ['System Reboot', true, 'CRITICAL', true, 'reboot'],
    ['Resettle the Rack', true, 'CRITICAL', true, 'service'],
    ['Nonexistent Action', true, 'CRITICAL', true, 'service'],
    ['', true, 'CRITICAL', true, 'service'],
  ])('reads "%s"', (text, needed, severity, drain, then) => {
    expect(recoveryAction(text)).toMatchObject({ needed, severity, action: { drain, then } });
  });

  it('never takes an unknown text for None', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { known, needed } = recoveryAction(text);
        expect(known || needed).toBe(true);
      }),
    );
  });
});

describe('recoveryActionOfXid154', () => {
  it('reads what the action changes to, not what it was', () => {
    const text = '154, GPU recovery action changed from 0x4 (Drain and Reset) to 0x1 (GPU Reset Required)';
    expect(recoveryActionOfXid154(text)?.name).toBe('GPU Reset Required');
  });
  it.each(['', '154', 'from 0x4 (Drain and Reset)', 'to 0x1 ('])('knows nothing from "%s"', (text) => {
    expect(recoveryActionOfXid154(text)).toBeUndefined();
  });
});
