import { decimal, integer } from '../quantity.ts';

// Go prints numbers below 1e-6 and from 1e21 on with an exponent (Prometheus util/jsonutil/marshal.go).
const EXPONENT = /^([^e]+)e([+-]?\d+)$/;

/**
 * The value of a sample. `NaN`, `+Inf` and `-Inf` are no values of a GPU: what divides by zero or was never measured is
 * not there.
 */
export const sampleValue = (text: unknown): number | undefined => {
  if (typeof text !== 'string') return undefined;
  const plain = decimal(text);
  if (plain.ok) return plain.value;
  const [, mantissa, exponent] = EXPONENT.exec(text) ?? [];
  if (mantissa === undefined || exponent === undefined) return undefined;
  const digits = decimal(mantissa);
  const power = integer(exponent);
  const value = digits.ok && power.ok ? digits.value * 10 ** power.value : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
};
