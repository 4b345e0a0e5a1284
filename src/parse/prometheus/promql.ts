/** A string of PromQL; the escapes are those of Go (prometheus.io/docs/prometheus/latest/querying/basics). */
export const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

const REGEX_SYNTAX = /[\\.+*?()|[\]{}^$]/g;

/** A matcher for exactly these values. Prometheus looks up an alternation of literals without running an expression. */
export const oneOf = (label: string, values: readonly string[]): string => {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return `${label}=${quoted(only)}`;
  return `${label}=~${quoted(values.map((value) => value.replace(REGEX_SYNTAX, '\\$&')).join('|'))}`;
};
