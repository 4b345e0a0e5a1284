/**
 * A query that has no usable answer: the code of `src/errors.ts`'s table, so that whoever runs the verb ends with the
 * message as the only line. Thrown because half of a fleet is no verdict.
 */
export interface PrometheusFailure extends Error {
  readonly code: 'MUSTER_PROMETHEUS';
}

export const prometheusFailure = (message: string): PrometheusFailure =>
  Object.assign(new Error(message), { name: 'MusterError', code: 'MUSTER_PROMETHEUS' as const });
