/** The header by which a change names the version it was made from. */
export const ifMatch = (generation: number): { 'If-Match': string } => ({ 'If-Match': `"${generation}"` });
