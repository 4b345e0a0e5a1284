import { describe, expect, it } from 'vitest';
import { createGpuResetWatch } from '../../src/derive/gpu-resets.ts';
import { answer, fixture, gpusOf } from '../parse/nvidia-smi/support.ts';

const WHOLE = fixture('h100-580.xml');
const POWER_CAP = '7015662857 us';
const SECOND_GPU = WHOLE.indexOf('<gpu id="00000000:64:00.0">');

/** The second GPU of the answer with other text; the first stays as it is. */
const second = (...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce((xml, [from, to]) => {
    const at = xml.indexOf(from, SECOND_GPU);
    if (at === -1) throw new Error(`${from} is not in the answer`);
    return xml.slice(0, at) + to + xml.slice(at + from.length);
  }, WHOLE);
const action = (text: string): readonly [string, string] => [
  '<gpu_recovery_action>None<',
  `<gpu_recovery_action>${text}<`,
];
const pending = (text: string): readonly [string, string] => [
  '<remapped_row_pending>No<',
  `<remapped_row_pending>${text}<`,
];
/** In another order than a GPU that is gone: the list is cut before the second GPU. */
const FIRST_ONLY = `${WHOLE.slice(0, SECOND_GPU)}</nvidia_smi_log>`;

/** Resets seen in answers that come a minute apart: `uuid after at`, in minutes. */
const resetsIn = (...answers: readonly string[]): readonly string[] => {
  const watch = createGpuResetWatch();
  return answers.flatMap((xml, minute) =>
    watch
      .next(gpusOf(answer(xml)), minute * 60_000)
      .map(
        ({ component, after, at, evidence }) =>
          `${component.uuid?.slice(0, 12)} ${after / 60_000} ${at / 60_000} ${evidence}`,
      ),
  );
};

describe('a reset of a GPU is seen', () => {
  it.each<[string, readonly string[], string]>([
    [
      'where throttle time begins anew',
      [WHOLE, second([POWER_CAP, '12 us'])],
      'GPU-00000001 0 1 throttle time sw_power_cap',
    ],
    ['where a row was to be remapped', [second(pending('Yes')), WHOLE], 'GPU-00000001 0 1 row remap pending'],
    ['where the driver asked for it', [second(action('Reset')), WHOLE], 'GPU-00000001 0 1 recovery action'],
    [
      'where the driver asked for work to end first',
      [second(action('Drain and Reset')), WHOLE],
      'GPU-00000001 0 1 recovery action',
    ],
    [
      'over answers without the GPU',
      [WHOLE, FIRST_ONLY, FIRST_ONLY, second([POWER_CAP, '12 us'])],
      'GPU-00000001 0 3 throttle time sw_power_cap',
    ],
    [
      'over an answer in which it says nothing',
      [WHOLE, second([POWER_CAP, 'N/A']), second([POWER_CAP, '12 us'])],
      'GPU-00000001 0 2 throttle time sw_power_cap',
    ],
  ])('%s', (_, answers, reset) => {
    expect(resetsIn(...answers)).toEqual([reset]);
  });

  it('once, and again when it happens again', () => {
    const lower = second([POWER_CAP, '12 us']);
    expect(resetsIn(WHOLE, lower, lower, WHOLE, lower)).toHaveLength(2);
  });

  it('at times that move with the wall clock', () => {
    const watch = createGpuResetWatch();
    watch.next(gpusOf(answer(WHOLE)), 1000);
    watch.shift(500);
    expect(watch.next(gpusOf(answer(second([POWER_CAP, '12 us']))), 2000)).toMatchObject([{ after: 1500, at: 2000 }]);
  });
});

describe('no reset is seen', () => {
  it.each<[string, readonly string[]]>([
    ['where nothing changed', [WHOLE, WHOLE]],
    [
      'where volatile ECC counters alone begin anew: somebody may have cleared them',
      [
        second([POWER_CAP, '0 us'], ['1500000 us', '0 us'], ['2 us', '0 us']),
        second(
          [POWER_CAP, '0 us'],
          ['1500000 us', '0 us'],
          ['2 us', '0 us'],
          ['<dram_correctable>4<', '<dram_correctable>0<'],
        ),
      ],
    ],
    ['where the driver asks for nothing and never did', [FIRST_ONLY, WHOLE]],
    ['where the driver asks for more', [second(action('Reset')), second(action('Reboot'))]],
    ['where a reboot was asked for, which is no reset', [second(action('Reboot')), WHOLE]],
    ['where peers were to come to rest', [second(action('Drain P2P')), WHOLE]],
    ['where the driver no longer says what it asks for', [second(action('Reset')), second(action('N/A'))]],
    [
      'where ECC counters were cleared by hand while throttle time went on',
      [WHOLE, second(['<dram_correctable>4<', '<dram_correctable>0<'], [POWER_CAP, '7015662858 us'])],
    ],
    [
      'where PCIe replays fell, a counter that wraps',
      [second(['<replay_counter>150<', '<replay_counter>159<']), WHOLE],
    ],
    [
      'where nobody keeps the driver loaded',
      [WHOLE, second(['<persistence_mode>Enabled<', '<persistence_mode>Disabled<'], [POWER_CAP, '12 us'])],
    ],
    [
      'where masked identities make two GPUs one',
      [
        WHOLE.replaceAll('GPU-00000001', 'GPU-00000000'),
        second([POWER_CAP, '12 us']).replaceAll('GPU-00000001', 'GPU-00000000'),
      ],
    ],
  ])('%s', (_, answers) => {
    expect(resetsIn(...answers)).toEqual([]);
  });
});
