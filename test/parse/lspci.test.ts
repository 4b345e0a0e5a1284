import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devicesBelow, readBridges } from '../../src/parse/lspci.ts';

/** The lines that are read, of what lspci of pciutils 3.9 makes of configuration spaces written for the purpose. */
const bridge = (address: string, type: string, buses: string, ...more: readonly string[]): string =>
  [
    `${address} 0604: 1000:c030 (rev b0) (prog-if 00 [Normal decode])`,
    '\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr+ Stepping- SERR+ FastB2B- DisINTx-',
    `\tBus: ${buses}, sec-latency=0`,
    `\tCapabilities: [68] Express (v2) ${type}, MSI 00`,
    '\t\tDevCap:\tMaxPayload 128 bytes, PhantFunc 0',
    '\tCapabilities: [100 v1] Advanced Error Reporting',
    ...more,
    '',
  ].join('\n');
const acs = (controls: string): readonly string[] => [
  '\tCapabilities: [f24 v1] Access Control Services',
  '\t\tACSCap:\tSrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans+',
  `\t\tACSCtl:\t${controls}`,
];
const ON = 'SrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-';
const OFF = ON.replaceAll('+', '-');

const PORTS = [
  bridge('0000:15:01.0', 'Root Port (Slot-)', 'primary=15, secondary=16, subordinate=1b', ...acs(ON)),
  bridge('0000:16:00.0', 'Upstream Port', 'primary=16, secondary=17, subordinate=1b'),
  bridge('0000:17:00.0', 'Downstream Port (Slot+)', 'primary=17, secondary=18, subordinate=18', ...acs(ON)),
  bridge('0000:17:01.0', 'Downstream Port (Slot+)', 'primary=17, secondary=19, subordinate=1b', ...acs(OFF)),
].join('\n');
const DENIED = `0000:17:00.0 0604: 1000:c030 (rev b0)
	Bus: primary=17, secondary=18, subordinate=18, sec-latency=0
	Capabilities: <access denied>
`;

const answer = (stdout: string, o: { stderr?: string; exitCode?: number } = {}) => ({
  stdout,
  stderr: o.stderr ?? '',
  exitCode: o.exitCode ?? 0,
});
const bridgesOf = (stdout: string) => {
  const read = readBridges(answer(stdout));
  if (!read.ok) throw new Error(read.detail);
  return read.value;
};

describe('lspci -vv', () => {
  it('gives each bridge with its type, its buses and what redirects', () => {
    expect(
      bridgesOf(PORTS).map(({ address, portType, redirects, secondaryBus, subordinateBus }) => [
        address,
        portType.ok && portType.value,
        redirects.ok && redirects.value,
        secondaryBus,
        subordinateBus,
      ]),
    ).toEqual([
      ['00000000:15:01.0', 'Root Port', true, 0x16, 0x1b],
      ['00000000:16:00.0', 'Upstream Port', false, 0x17, 0x1b],
      ['00000000:17:00.0', 'Downstream Port', true, 0x18, 0x18],
      ['00000000:17:01.0', 'Downstream Port', false, 0x19, 0x1b],
    ]);
    expect(bridgesOf(PORTS)[0]?.controls).toEqual({ ok: true, value: ON });
    expect(bridgesOf(PORTS)[1]?.controls).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  it('gives the type of a bridge that is no port in the words of lspci', () => {
    const [one] = bridgesOf(
      bridge('17:00.0', 'PCI-Express to PCI/PCI-X Bridge', 'primary=17, secondary=18, subordinate=18'),
    );
    expect(one?.portType).toEqual({ ok: true, value: 'PCI-Express to PCI/PCI-X Bridge' });
  });

  it.each(['ReqRedir', 'CmpltRedir'])('redirects by %s alone', (control) => {
    const [one] = bridgesOf(
      bridge(
        '17:00.0',
        'Downstream Port',
        'primary=17, secondary=18, subordinate=18',
        ...acs(OFF.replace(`${control}-`, `${control}+`)),
      ),
    );
    expect(one?.redirects).toEqual({ ok: true, value: true });
  });

  it.each(['SrcValid', 'TransBlk', 'UpstreamFwd', 'EgressCtrl', 'DirectTrans'])(
    'does not redirect by %s',
    (control) => {
      const [one] = bridgesOf(
        bridge(
          '17:00.0',
          'Downstream Port',
          'primary=17, secondary=18, subordinate=18',
          ...acs(OFF.replace(`${control}-`, `${control}+`)),
        ),
      );
      expect(one?.redirects).toEqual({ ok: true, value: false });
    },
  );

  it('is read however it is indented', () => {
    expect(bridgesOf(PORTS.replaceAll('\t', '        '))).toEqual(bridgesOf(PORTS));
  });

  it('that is denied the capabilities knows the buses and nothing else', () => {
    expect(bridgesOf(DENIED)).toMatchObject([
      {
        secondaryBus: 0x18,
        portType: { reason: 'denied' },
        redirects: { reason: 'denied' },
        controls: { reason: 'denied' },
      },
    ]);
  });

  it('never takes what it does not show for what is off', () => {
    const named = bridge(
      '17:00.0',
      'Downstream Port',
      'primary=17, secondary=18, subordinate=18',
      ...acs(ON).slice(0, 2),
    );
    const basic = named
      .split('\n')
      .filter((line) => !line.includes('v1]'))
      .join('\n');
    for (const text of [named, basic])
      expect(bridgesOf(text)).toMatchObject([{ redirects: { ok: false, reason: 'failed' } }]);
  });

  it('leaves all open where one bridge has fallen off the bus', () => {
    const lost = '0000:17:02.0 0604: 1000:c030 (rev ff) (prog-if ff)\n\t!!! Unknown header type 7f\n';
    expect(readBridges(answer(`${PORTS}\n${lost}`))).toMatchObject({
      ok: false,
      reason: 'failed',
      detail: expect.stringContaining('00000000:17:02.0'),
    });
  });

  it('without a bridge, or without an answer', () => {
    expect(readBridges(answer(''))).toMatchObject({ ok: false, reason: 'no-device' });
    expect(readBridges(answer('', { stderr: 'lspci: Cannot open /proc/bus/pci', exitCode: 1 }))).toMatchObject({
      ok: false,
      reason: 'failed',
      detail: 'lspci exited with 1: lspci: Cannot open /proc/bus/pci',
    });
    expect(readBridges(answer('what?'))).toMatchObject({ ok: false, reason: 'failed' });
  });

  it('finds what is below a bridge: in its domain, from its first bus to its last', () => {
    const [root] = bridgesOf(PORTS);
    if (root === undefined) throw new Error('no bridge');
    const addresses = ['0000:15:00.0', '0000:16:00.0', '0000:1b:00.1', '0000:1c:00.0', '0001:18:00.0', 'bridge'];
    expect(devicesBelow(root, addresses)).toEqual(['00000000:16:00.0', '00000000:1B:00.1']);
  });

  it('never throws, whatever is printed; redirection is seen only where it is printed', () => {
    const cut = fc
      .tuple(fc.nat(PORTS.length), fc.nat(PORTS.length), fc.string())
      .map(([from, length, text]) => PORTS.slice(0, from) + text + PORTS.slice(from + length));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          cut,
          cut.map((text) => text + text),
        ),
        (text) => {
          const read = readBridges(answer(text));
          for (const { redirects, secondaryBus } of read.ok ? read.value : []) {
            expect(Number.isInteger(secondaryBus)).toBe(true);
            if (redirects.ok && redirects.value) expect(text).toMatch(/Redir\+/);
          }
        },
      ),
    );
  });
});
