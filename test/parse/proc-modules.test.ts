import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadedModules } from '../../src/parse/proc-modules.ts';

const TABLE = `nvidia_uvm 4411392 4 - Live 0x0000000000000000 (POE)
nvidia 104062976 387 nvidia_uvm,nvidia_modeset, Live 0xffffffffc0a00000 (POE)
nvidia_peermem 16384 0 - Unloading 0x0000000000000000 (OE)
mlx5_core 2301952 1 mlx5_ib, Loading 0x0000000000000000
bonding 196608 -1 - Live 0x0000000000000000
`;

describe('/proc/modules', () => {
  it('names what is loaded, and what is about to be; not what is going', () => {
    expect(loadedModules(TABLE)).toEqual({ ok: true, value: ['nvidia_uvm', 'nvidia', 'mlx5_core', 'bonding'] });
  });

  it('of a kernel that cannot unload them counts no users', () => {
    expect(loadedModules('nvidia_uvm 1830912 - - Live 0xffffffffc080c000 (O)\n')).toEqual({
      ok: true,
      value: ['nvidia_uvm'],
    });
  });

  it('of a kernel with everything built in is empty', () => {
    expect(loadedModules('')).toEqual({ ok: true, value: [] });
  });

  it.each(['nvidia', 'nvidia 12', 'Permission denied', 'nvidia 1 2 - Dead 0x0'])(
    'that reads "%s" is an absence',
    (text) => {
      expect(loadedModules(`${TABLE}${text}\n`)).toMatchObject({ ok: false, reason: 'failed' });
    },
  );

  it('never throws, and never makes up a name', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat(TABLE.length).map((end) => TABLE.slice(0, end)),
        ),
        (text) => {
          const read = loadedModules(text);
          for (const name of read.ok ? read.value : []) expect(text).toContain(`${name} `);
        },
      ),
    );
  });
});
