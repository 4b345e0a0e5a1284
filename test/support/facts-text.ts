import type { FactMap } from '../../src/engine/snapshot.ts';

/** Tables of the project, the same on every machine. */
const TABLES = ['nicCounterLimits'];
const LINE = 110;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the windows say, each thing once; an absence that the value itself has is not repeated. */
const windowsText = (
  latest: unknown,
  windows: Record<string, unknown>,
  say: (value: Record<string, unknown>) => string,
) => {
  const said = Object.entries(windows).flatMap(([window, reading]) => {
    if (!isRecord(reading)) return [];
    if (isRecord(reading.value)) return [say(reading.value)];
    const absence = `<${String(reading.reason)}>`;
    return absence === latest ? [] : [`${window} ${absence}`];
  });
  return said.length === 0 ? String(latest) : `${String(latest)} (${[...new Set(said)].join('; ')})`;
};

/** `5 (+0 in 5 s)`. */
const counterText = (total: unknown, increase: Record<string, unknown>): string =>
  windowsText(
    total,
    increase,
    ({ by, seconds, resets }) =>
      `+${String(by)} in ${String(seconds)} s${resets === 0 ? '' : `, ${String(resets)} resets`}`,
  );

/** `29 (27 to 29 in 2 samples)`. */
const signalText = (latest: unknown, over: Record<string, unknown>): string =>
  windowsText(
    latest,
    over,
    ({ p05, p95, samples }) => `${String(p05)} to ${String(p95)} in ${String(samples)} samples`,
  );

/** Readings as their value or `<reason>`, counters and signals as one line, other components by their key. */
export const projected = (value: unknown, name = ''): unknown => {
  if (Array.isArray(value)) return value.map((element) => projected(element));
  if (!isRecord(value)) return value;
  if (value.ok === false) return `<${String(value.reason)}>`;
  if (value.ok === true && 'value' in value) return projected(value.value, name);
  if (isRecord(value.increase) && 'total' in value) return counterText(projected(value.total), value.increase);
  if (isRecord(value.over) && 'latest' in value) return signalText(projected(value.latest), value.over);
  if (name !== 'ref' && typeof value.kind === 'string' && typeof value.key === 'string') return value.key;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, projected(inner, key)]));
};

/** The facts of a snapshot in a form for people to review; nothing that a parser gives is left out. */
export const projectedFacts = (facts: FactMap): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts)
      .filter(([name]) => !TABLES.includes(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, fact]) => [name, projected(fact)]),
  );

/** JSON in which what fits on one line is on one line. */
export const compactJson = (value: unknown, indent = ''): string => {
  const line = JSON.stringify(value) ?? 'null';
  if (indent.length + line.length <= LINE || typeof value !== 'object' || value === null) return line;
  const deeper = `${indent} `;
  const parts = Array.isArray(value)
    ? value.map((element) => compactJson(element, deeper))
    : Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${compactJson(inner, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.map((part) => `${deeper}${part}`).join(',\n')}\n${indent}${close}`;
};

/** A list of another length: what left it and what came. */
const listChanges = (before: readonly unknown[], after: readonly unknown[]): unknown => {
  const texts = (list: readonly unknown[]): ReadonlySet<string> => new Set(list.map((one) => JSON.stringify(one)));
  const [old, current] = [texts(before), texts(after)];
  return {
    gone: before.filter((one) => !current.has(JSON.stringify(one))),
    came: after.filter((one) => !old.has(JSON.stringify(one))),
  };
};

/** The leaves that differ: `{ path: { before, after } }`, and of a list of another length `{ gone, came }`. */
export const changes = (before: unknown, after: unknown, path = ''): Record<string, unknown> => {
  if (JSON.stringify(before) === JSON.stringify(after)) return {};
  const inside = (pairs: readonly (readonly [unknown, unknown, string])[]): Record<string, unknown> =>
    Object.assign({}, ...pairs.map(([one, other, at]) => changes(one, other, at)));
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return { [path]: listChanges(before, after) };
    return inside(before.map((element, i) => [element, after[i], `${path}[${i}]`]));
  }
  if (!isRecord(before) || !isRecord(after)) return { [path]: { before, after } };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return inside(names.map((name) => [before[name], after[name], path === '' ? name : `${path}.${name}`]));
};

/** Lines that only one of two texts has, marked as in a diff. */
export const changedLines = (before: string, after: string): string => {
  const [old, current] = [before.split('\n'), after.split('\n')];
  const [oldLines, currentLines] = [new Set(old), new Set(current)];
  const gone = old.filter((line) => !currentLines.has(line)).map((line) => `- ${line}\n`);
  const added = current.filter((line) => !oldLines.has(line)).map((line) => `+ ${line}\n`);
  return [...gone, ...added].join('');
};
