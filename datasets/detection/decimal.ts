/** A number held as decimal digits, so that sums are exact: 178.11 + 1 is 179.11. */
export interface Decimal {
  readonly digits: bigint;
  /** Number of digits after the decimal point. */
  readonly places: number;
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** No sensible number has more digits; longer ones take minutes to sum. */
const MAX_LENGTH = 1000;

/** Parses a text such as `-1.50` or `1e-7`; undefined when it is not a number. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  if (!whole && !fraction) return undefined;
  const digits = BigInt(sign === '-' ? `-${whole}${fraction}` : whole + fraction);
  const places = fraction.length - Number(exponent);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

/** The shortest decimal that identifies this finite number. */
export const toDecimal = (value: number): Decimal => parseDecimal(String(value))!;

function atPlaces({ digits, places }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - places);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  return { digits: atPlaces(a, places) + atPlaces(b, places), places };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { digits: -b.digits, places: b.places });
}

/** Plain digits without trailing zeros, such as `179.11`. */
export function formatDecimal({ digits, places }: Decimal): string {
  const magnitude = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0');
  const whole = magnitude.slice(0, magnitude.length - places);
  const fraction = magnitude.slice(magnitude.length - places).replace(/0+$/, '');
  const text = fraction ? `${whole}.${fraction}` : whole;
  return digits < 0n ? `-${text}` : text;
}

/** The nearest number. */
export const toNumber = (decimal: Decimal): number => Number(formatDecimal(decimal));
