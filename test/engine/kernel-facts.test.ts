import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AnyCollector, absent, type Host, type KernelLog, known } from '../../src/api.ts';
import { createKernelLogCollector } from '../../src/collectors/kernel-log.ts';
import { nvidiaSmi } from '../../src/collectors/nvidia-smi.ts';
import { createFactStore } from '../../src/engine/facts.ts';
import { createMachineHost } from '../../src/host/machine.ts';
import { resolveProfile } from '../../src/knowledge/profiles/index.ts';
import { answer, fixture } from '../parse/nvidia-smi/support.ts';
import { KMSG, noKernelDevice, writeKernel } from '../support/kernel-device.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const GPU = 'gpu:GPU-00000001-aaaa-bbbb-cccc-000000000000';
const MINUTE = 60_000;
const BOOTED_AT = Date.UTC(2025, 0, 1);
const { signal } = new AbortController();

const storeOf = () =>
  createFactStore({
    resolveProfile: (gpus) => resolveProfile({ siteProfiles: [], gpus: gpus.ok ? gpus.value : [] }),
    roleOverrides: [],
    kernelLogTrust: 'kernel',
  });
type Store = ReturnType<typeof storeOf>;

const record = (sequence: number, minute: number, text: string): string =>
  `4,${sequence},${minute * MINUTE * 1000},-;${text}`;
const xid = (sequence: number, minute: number, code: number): string =>
  record(sequence, minute, `NVRM: Xid (PCI:0000:64:00): ${code}, text`);

/** A kernel log by minutes since boot, read through the collector. */
const kernelLog = () => {
  const collector: AnyCollector = createKernelLogCollector();
  return {
    put: async (store: Store, minute: number, ...lines: readonly string[]): Promise<boolean> => {
      const now = BOOTED_AT + minute * MINUTE;
      const host: Host = {
        run: async () => absent('no-tool', ''),
        follow: async function* () {
          yield absent('no-tool', '');
        },
        read: async (path) =>
          path === '/proc/stat' ? known(`btime ${BOOTED_AT / 1000}\n`) : absent('no-device', path),
        list: async (path) => absent('no-device', path),
        kernelRecords: async () => known({ lines, lost: 0 }),
        now: () => now,
      };
      return store.put(collector, await collector.collect(host, signal), now);
    },
  };
};
const putGpus = (store: Store, minute: number, xml = fixture('h100-580.xml')): boolean =>
  store.put(nvidiaSmi, { ...answer(xml) }, BOOTED_AT + minute * MINUTE);

const logOf = (store: Store, minute: number): KernelLog => {
  const fact = store.facts(BOOTED_AT + minute * MINUTE, { keepStale: true }).kernelLog;
  if (fact?.ok !== true) throw new Error('no kernel log');
  return fact.value;
};

describe('the kernel log as a fact', () => {
  it('is what was said since boot, and is new only when something was said', async () => {
    const store = storeOf();
    const log = kernelLog();
    expect(await log.put(store, 1, xid(1, 1, 79))).toBe(true);
    const first = logOf(store, 1);
    expect(await log.put(store, 2)).toBe(false);
    expect(await log.put(store, 3, record(2, 3, 'eth0: link becomes ready'))).toBe(false);
    expect(logOf(store, 3)).toBe(first);
    expect(await log.put(store, 4, xid(3, 4, 79), xid(4, 4, 31))).toBe(true);
    expect(logOf(store, 4).events).toMatchObject([
      { code: 79, repeats: 2, meaning: { class: 'fatal' } },
      { code: 31, repeats: 1 },
    ]);
  });

  it('names the GPU by what the inventory learns later, and knows it by that name when it is acknowledged', async () => {
    const store = storeOf();
    const log = kernelLog();
    await log.put(store, 1, xid(1, 1, 79));
    expect(logOf(store, 1).events).toMatchObject([{ component: { key: 'gpu:00000000:64:00.0' } }]);
    putGpus(store, 2);
    expect(logOf(store, 2).events).toMatchObject([{ component: { key: GPU, index: 1 } }]);
    store.kernel.acknowledge({ componentKey: GPU, kinds: ['xid'], at: BOOTED_AT + 2 * MINUTE });
    expect(logOf(store, 2).events).toEqual([]);
    await log.put(store, 3, xid(2, 3, 79));
    expect(logOf(store, 3).events).toMatchObject([{ repeats: 1, component: { key: GPU } }]);
  });
});

describe('a reset of a GPU', () => {
  const ASKS = fixture('h100-580.xml').replace(
    /(00000001-aaaa[\s\S]*?)<gpu_recovery_action>None/,
    '$1<gpu_recovery_action>Reset',
  );

  it('marks what was said before the last reading without it, and nothing later', async () => {
    const store = storeOf();
    const log = kernelLog();
    await log.put(store, 1, xid(1, 1, 95));
    putGpus(store, 10, ASKS);
    await log.put(store, 11, xid(2, 11, 140));
    putGpus(store, 12);
    expect(logOf(store, 12).events.map(({ code, resetAt }) => [code, resetAt])).toEqual([
      [95, BOOTED_AT + 10 * MINUTE],
      [140, undefined],
    ]);
    expect(store.takeResets()).toMatchObject([
      { component: { key: GPU, index: 1 }, at: BOOTED_AT + 12 * MINUTE, evidence: 'recovery action' },
    ]);
    expect(store.takeResets()).toEqual([]);
  });

  it('is seen at the right time although the clock was stepped', async () => {
    const store = storeOf();
    await kernelLog().put(store, 1, xid(1, 1, 95));
    putGpus(store, 10, ASKS);
    store.shift(-5 * MINUTE);
    putGpus(store, 7);
    expect(logOf(store, 7).events).toMatchObject([{ at: BOOTED_AT - 4 * MINUTE, resetAt: BOOTED_AT + 5 * MINUTE }]);
  });
});

describe('a restart of the agent', () => {
  /** One process: it goes on from what the one before has left. */
  const process = async (kmsg: string, saved?: ReturnType<Store['kernel']['export']>) => {
    const host = createMachineHost({
      kmsg,
      ...(saved?.sequence === undefined ? {} : { fromSequence: saved.sequence }),
    });
    onTestFinished(host.close);
    const store = storeOf();
    // A log without numbers is read again from its beginning: what was known of it is in there.
    if (saved?.sequence !== undefined) store.kernel.restore(JSON.parse(JSON.stringify(saved)));
    const collector: AnyCollector = createKernelLogCollector();
    return {
      store,
      read: async (): Promise<KernelLog> => {
        store.put(collector, await collector.collect(host, signal), host.now());
        const fact = store.facts(host.now(), { keepStale: true }).kernelLog;
        if (fact?.ok !== true) throw new Error('no kernel log');
        return fact.value;
      },
    };
  };
  const counts = ({ events, lost }: KernelLog) => ({
    lost,
    events: events.map(({ code, repeats }) => [code, repeats]),
  });

  it.each([
    ['with numbers', (n: number) => `${xid(n, n, n > 2 ? 31 : 79)}\n`],
    ['without numbers', (n: number) => `[ ${n}.5] NVRM: Xid (PCI:0000:64:00): ${n > 2 ? 31 : 79}, text\n`],
  ])('neither repeats nor loses what a log %s says', async (_, line) => {
    const kmsg = join(temporaryDirectory(), 'kmsg');
    writeFileSync(kmsg, line(1) + line(2));
    const first = await process(kmsg);
    expect(counts(await first.read())).toEqual({ lost: 0, events: [[79, 2]] });
    appendFileSync(kmsg, line(3));
    const second = await process(kmsg, first.store.kernel.export());
    expect(counts(await second.read())).toEqual({
      lost: 0,
      events: [
        [79, 2],
        [31, 1],
      ],
    });
  });

  it.skipIf(noKernelDevice !== undefined)(
    `neither repeats nor loses what ${KMSG} says (${noKernelDevice ?? 'as root'})`,
    async () => {
      const address = `${(globalThis.process.pid % 0xffff).toString(16).padStart(4, '0')}:7d:00`;
      const line = (code: number): string => `NVRM: Xid (PCI:${address}): ${code}, muster-test`;
      const own = ({ events }: KernelLog) =>
        events
          .filter(({ component }) => component.pciBusId === `0000${address.toUpperCase()}.0`)
          .map(({ code, repeats }) => [code, repeats]);
      writeKernel(line(79), line(79));
      const first = await process(KMSG);
      expect(own(await first.read())).toEqual([[79, 2]]);
      writeKernel(line(31));
      const second = await process(KMSG, first.store.kernel.export());
      expect(own(await second.read())).toEqual([
        [79, 2],
        [31, 1],
      ]);
    },
  );

  it('counts the records that the log dropped in between', async () => {
    const kmsg = join(temporaryDirectory(), 'kmsg');
    writeFileSync(kmsg, `${xid(1, 1, 79)}\n`);
    const first = await process(kmsg);
    await first.read();
    writeFileSync(kmsg, `${xid(6, 6, 31)}\n`);
    const second = await process(kmsg, first.store.kernel.export());
    expect(counts(await second.read())).toEqual({
      lost: 4,
      events: [
        [79, 1],
        [31, 1],
      ],
    });
  });
});
