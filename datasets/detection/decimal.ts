/** A number as its decimal digits say it, so that sums are exact: 178.11 + 1 is 179.11. */
export interface Decimal {
  readonly digits: bigint;
  /** How many of the digits stand behind the point. */
  readonly places: number;
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/** No sensible number has more digits, and sums of millions of them would take minutes. */
const MAX_LENGTH = 1000;

/** The decimal that a text writes, such as `-1.50` or `1e-7`; undefined where it is no number. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  if (!whole && !fraction) return undefined;
  const digits = BigInt(sign === '-' ? `-${whole}${fraction}` : whole + fraction);
  const places = fraction.length - Number(exponent);
  return places < 0 ? { digits: digits * 10n ** BigInt(-places), places: 0 } : { digits, places };
}

/** The shortest decimal that is this finite number and no other. */
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

/** `179.11`: plain digits, without zeros that say nothing. */
export function formatDecimal({ digits, places }: Decimal): string {
  const magnitude = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0');
  const whole = magnitude.slice(0, magnitude.length - places);
  const fraction = magnitude.slice(magnitude.length - places).replace(/0+$/, '');
  const text = fraction ? `${whole}.${fraction}` : whole;
  return digits < 0n ? `-${text}` : text;
}

/** The number nearest to it. */
export const toNumber = (decimal: Decimal): number => Number(formatDecimal(decimal));
