/** Members and indexes that an RFC 6901 JSON pointer goes through. */
export const segmentsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));

export const segmentOf = (member: string): string => member.replaceAll('~', '~0').replaceAll('/', '~1');

/** Every place of a document; each is one that can be locked. */
export function pointersOf(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([member, inner]) => {
    const at = `${pointer}/${segmentOf(member)}`;
    return [at, ...pointersOf(inner, at)];
  });
}
