/**
 * RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe in front of it (OWASP, "CSV injection"):
 * names in an audit are whatever somebody has typed, also into a sign-in that failed.
 */
export const csvLine = (cells: readonly unknown[]): string => `${cells.map(cellOf).join(',')}\r\n`;

const isFormula = /^\s*[=+\-@\t\r|]/;

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${(isFormula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
