/**
 * Muster's public contract, version 1: everything that a check, a collector or a plugin may import.
 * Facts are plain data, frozen before a check sees them. Times are Unix ms, durations carry their unit in the name.
 */
export * from './api/check.ts';
export * from './api/collector.ts';
export * from './api/component.ts';
export * from './api/facts.ts';
export * from './api/host.ts';
export * from './api/network.ts';
export * from './api/passed-through.ts';
export * from './api/platform.ts';
export * from './api/plugin.ts';
export * from './api/profile.ts';
export * from './api/reading.ts';
export * from './api/rule.ts';
export * from './api/series.ts';
export * from './api/storage.ts';
export * from './api/straggler.ts';
