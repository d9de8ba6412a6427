import { condition, type Condition } from './list.ts';

/** True where one of the columns contains the text, whatever its case. The text has no wildcards. */
export function containsText(columns: readonly string[], text: string): Condition {
  const found = columns.map((column) => `strpos(lower(${column}), lower(?)) > 0`).join(' or ');
  return condition(`(${found})`, ...columns.map(() => text));
}
