import { describe, expect, it } from 'vitest';
import type { GpuSample } from '../../src/api.ts';
import { createSampleWindow } from '../../src/straggler/windows.ts';

const START = Date.UTC(2026, 10, 2, 8);
const at = (seconds: number): number => START + seconds * 1000;

const fill = (of: (second: number) => Omit<GpuSample, 'at'>, to = 300, step = 5) => {
  const window = createSampleWindow();
  for (let second = step; second <= to; second += step) window.add({ at: at(second), ...of(second) });
  return window;
};

describe('the window of a GPU', () => {
  it('takes the clock of busy samples only', () => {
    const window = fill((second) =>
      second % 10 === 0 ? { utilizationRatio: 0, smClockHertz: 345e6 } : { utilizationRatio: 1, smClockHertz: 1980e6 },
    );
    expect(window.at(at(300))).toMatchObject({ busyRatio: 0.5, smClockHertz: 1980e6, smClockP05Hertz: 1980e6 });
  });

  it('shows dips that the mean hides', () => {
    const found = fill((second) => ({ utilizationRatio: 1, smClockHertz: second % 60 === 0 ? 500e6 : 1980e6 })).at(
      at(300),
    );
    expect(found?.smClockP05Hertz).toBe(500e6);
    expect((found?.smClockHertz ?? 0) / 1980e6).toBeGreaterThan(0.93);
  });

  it('believes the counter of throttle time before the sampled reason', () => {
    const found = fill((second) => ({
      throttled: { hw_thermal: false },
      throttleSeconds: { hw_thermal: 1000 + second * 0.2 },
    })).at(at(300));
    expect(found?.throttleRatio.hw_thermal).toBeCloseTo(0.2);
  });

  it('goes on counting after the driver was reloaded', () => {
    const found = fill((second) => ({
      throttleSeconds: { hw_thermal: second < 150 ? 5000 + second * 0.1 : (second - 150) * 0.1 },
    })).at(at(300));
    expect(found?.throttleRatio.hw_thermal).toBeCloseTo(0.1, 1);
  });

  it('counts sampled reasons where the driver has no counters', () => {
    const found = fill((second) => ({ throttled: { hw_power_brake: second % 20 === 0 } })).at(at(300));
    expect(found?.throttleRatio.hw_power_brake).toBeCloseTo(0.25);
  });

  it('says nothing of a GPU that went silent, or was hardly seen', () => {
    const window = fill(() => ({ powerWatts: 700 }), 120);
    expect(window.at(at(180))).toBeDefined();
    expect(window.at(at(240))).toBeUndefined();
    expect(fill(() => ({ powerWatts: 700 }), 10).at(at(10))).toBeUndefined();
  });

  it('invents no feature that was not printed', () => {
    const found = fill(() => ({ temperatureCelsius: 50 })).at(at(300));
    expect(found).toStrictEqual({ at: at(300), temperatureCelsius: 50, throttleRatio: {} });
  });

  it('starts anew where the clock was set back, and ignores a hiccup', () => {
    const window = fill(() => ({ powerWatts: 700 }));
    window.add({ at: at(298), powerWatts: 1 });
    expect(window.at(at(300))?.powerWatts).toBe(700);
    for (let second = -3600; second < -3500; second += 5) window.add({ at: at(second), powerWatts: 300 });
    expect(window.at(at(-3500))?.powerWatts).toBe(300);
  });

  it('does not look ahead', () => {
    const window = fill((second) => ({ powerWatts: second > 200 ? 100 : 700 }));
    expect(window.at(at(200))?.powerWatts).toBe(700);
  });

  it('holds no more than its window however long it is fed', () => {
    const window = createSampleWindow();
    const before = process.memoryUsage().heapUsed;
    for (let second = 0; second < 86_400; second += 1) window.add({ at: at(second), powerWatts: 700 });
    expect(window.at(at(86_399))?.powerWatts).toBe(700);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30e6);
  });
});
