/** Entries in a fixed order, so that the same content makes the same object. */
export const sorted = (record: Record<string, string>): [string, string][] =>
  Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1));
