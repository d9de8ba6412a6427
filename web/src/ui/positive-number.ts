/** A whole number from 1 on, as it stands in an address; null for anything else. */
export function positiveNumber(text: unknown): number | null {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 ? number : null;
}
