import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readServices } from '../../src/parse/systemctl-show.ts';

/** As systemd 252 prints it: properties in an order of its own, an empty line between units. */
const SHOWN = `Result=exit-code
NRestarts=4
Id=nvidia-fabricmanager.service
Names=nvidia-fabricmanager.service fabricmanager.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=enabled

Result=success
NRestarts=0
Id=nvidia-dcgm.service
Names=nvidia-dcgm.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
`;

const answer = (stdout: string, stderr = '', exitCode = 0) => ({ stdout, stderr, exitCode });

describe('systemctl show', () => {
  it('gives each unit by all of its names', () => {
    const read = readServices(answer(SHOWN));
    const fabricManager = {
      loadState: 'loaded',
      activeState: 'activating',
      subState: 'auto-restart',
      unitFileState: { ok: true, value: 'enabled' },
      result: { ok: true, value: 'exit-code' },
      restarts: { counter: { ok: true, value: 4 } },
    };
    expect(read).toMatchObject({
      ok: true,
      value: {
        'nvidia-fabricmanager.service': fabricManager,
        'fabricmanager.service': fabricManager,
        'nvidia-dcgm.service': { loadState: 'not-found', unitFileState: { ok: false, reason: 'unsupported' } },
      },
    });
  });

  it('gives a unit that lists no names by its id', () => {
    const read = readServices(answer(SHOWN.replaceAll(/^Names=.*\n/gm, '')));
    expect(Object.keys(read.ok ? read.value : {})).toEqual(['nvidia-fabricmanager.service', 'nvidia-dcgm.service']);
  });

  it('leaves out a unit that is cut off, and what is no service', () => {
    const cut = `${SHOWN}\nResult=success\nId=slurmd.service\nNames=slurmd.service\nLoadSt`;
    const socket = SHOWN.replaceAll('nvidia-dcgm.service', 'dbus.socket');
    expect(Object.keys((readServices(answer(cut)) as { value: object }).value)).not.toContain('slurmd.service');
    expect(Object.keys((readServices(answer(socket)) as { value: object }).value)).not.toContain('dbus.socket');
  });

  it.each([
    ["System has not been booted with systemd as init system (PID 1). Can't operate.", 'unsupported'],
    ['Failed to connect to bus: Host is down', 'unsupported'],
    ['Failed to connect to bus: No such file or directory', 'unsupported'],
    ['Failed to connect to bus: No medium found', 'unsupported'],
    ["Running in chroot, ignoring command 'show'", 'unsupported'],
    ['Failed to connect to bus: Permission denied', 'denied'],
    ['Failed to get properties: Access denied', 'denied'],
    ['Failed to get properties: Connection timed out', 'failed'],
    ['', 'failed'],
  ])('that says "%s" is %s', (stderr, reason) => {
    expect(readServices(answer('', `${stderr}\n`, 1))).toMatchObject({ ok: false, reason });
  });

  it('is believed for what it shows, whatever it complains about', () => {
    expect(readServices(answer(SHOWN, 'Unit x.service could not be found.', 4)).ok).toBe(true);
  });

  it('never throws, whatever is printed; every count is a reading', () => {
    const garbled = fc
      .tuple(fc.nat(SHOWN.length), fc.nat(SHOWN.length), fc.string())
      .map(([from, length, text]) => SHOWN.slice(0, from) + text + SHOWN.slice(from + length));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          garbled,
          garbled.map((text) => text + text),
        ),
        (text) => {
          const read = readServices(answer(text));
          for (const { restarts, loadState } of read.ok ? Object.values(read.value) : []) {
            expect(loadState).not.toBe('');
            if (restarts.counter.ok) expect(Number.isFinite(restarts.counter.value)).toBe(true);
          }
        },
      ),
    );
  });
});
