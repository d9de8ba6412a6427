/** Quantities in the cluster's own canonical form, so that what was written compares equal with what is read. */

export const cpuQuantity = (millis: number): string => (millis % 1000 === 0 ? `${millis / 1000}` : `${millis}m`);

const binaryUnits = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;
const decimalUnits = ['', 'k', 'M', 'G', 'T', 'P'] as const;

const scaled = (value: number, base: number, units: readonly string[]): string => {
  let rest = value;
  let unit = 0;
  while (rest !== 0 && rest % base === 0 && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  return `${rest}${units[unit]}`;
};

export const byteQuantity = (bytes: number): string =>
  bytes % 1024 === 0 ? scaled(bytes, 1024, binaryUnits) : scaled(bytes, 1000, decimalUnits);

/** Bytes of a storage quantity as the cluster prints it. */
export function bytesOf(quantity: string): number {
  const [, digits, unit] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const binary = binaryUnits.findIndex((known) => known === unit);
  if (binary >= 0) return Number(digits) * 1024 ** binary;
  const decimal = decimalUnits.findIndex((known) => known === unit);
  return decimal >= 0 ? Number(digits) * 1000 ** decimal : Number.NaN;
}
