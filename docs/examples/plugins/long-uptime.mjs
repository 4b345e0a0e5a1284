/**
 * A node that has not been booted for months runs an old kernel, whatever is installed. A module with a collector, which
 * reads the machine through the same door as Muster's own, and a check of what it gave.
 */

/** @type {import('muster/api').Collector<'own:uptime'>} */
const uptime = {
  apiVersion: 1,
  id: 'uptime',
  provides: ['own:uptime'],
  reads: '/proc/uptime',
  schedule: { everySeconds: 3600 },
  deadlineMs: 2000,
  async collect(host) {
    const text = await host.read('/proc/uptime');
    if (!text.ok) return { 'own:uptime': text };
    const seconds = Number.parseFloat(text.value);
    return {
      'own:uptime': Number.isFinite(seconds)
        ? { ok: true, value: { seconds } }
        : { ok: false, reason: 'failed', detail: '/proc/uptime holds no number' },
    };
  },
};

/** @type {import('muster/api').Check<'own:uptime', never, 'long', { days: import('muster/api').Option<number> }>} */
const longUptime = {
  apiVersion: 1,
  id: 'site/long-uptime',
  title: 'Node was not booted for long',
  why: 'Kernel and driver updates take effect at a boot: we boot every node once in half a year.',
  source: 'our maintenance policy',
  remedy: 'Drain the node when it suits and boot it.',
  contexts: ['continuous', 'prejob'],
  requires: ['own:uptime'],
  options: {
    days: { default: 180, unit: 'days', source: 'our maintenance policy', help: 'Booted within so many days.' },
  },
  rules: {
    long: { title: 'Boot is due', severity: 'INFO', action: { drain: false, then: 'reboot' }, lifetime: 'condition' },
  },
  judge(facts, { node, options }) {
    const { seconds } = /** @type {{ seconds: number }} */ (facts['own:uptime']);
    const days = Math.floor(seconds / 86_400);
    if (days <= options.days) return [{ pass: node }];
    const message = `The node was booted ${days} days ago; ${options.days} are the limit`;
    return [{ finding: { component: node, code: 'long', message } }];
  },
};

export default [uptime, longUptime];
