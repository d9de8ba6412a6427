import { z } from 'zod';

/** Names that become parts of host names and labels: RFC 1123, at most 63 characters. */
export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower case letters, digits and hyphens, at most 63')
  .describe('A DNS label');

/**
 * What nobody sees and what turns round or hides the text beside it: control characters, marks of direction, spaces
 * without width and fillers. (Line ends and tabs are for texts of several lines.)
 */
const unseen = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\uffff`;
const oneLine = new RegExp(String.raw`^[^\u0000-\u001f\u007f-\u009f${unseen}]*$`, 'u');
const severalLines = new RegExp(String.raw`^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f${unseen}]*$`, 'u');
const refused = 'no control characters, and none that cannot be seen';

/** Above what a pattern can name for every reader of the schema: they are left out, since nobody has seen them. */
const withoutTags = (text: string): string => text.replaceAll(/[\u{e0000}-\u{e0fff}]/gu, '');

/** What people call a thing, or say of it in a line; a character is always written in the same way (NFKC). */
export const words = (longest: number) =>
  z.string().max(longest).normalize('NFKC').overwrite(withoutTags).trim().regex(oneLine, refused);

/** What people say of a thing, in several lines. */
export const prose = (longest: number) =>
  z.string().max(longest).normalize('NFC').overwrite(withoutTags).trim().regex(severalLines, refused);

/** Says to readers of the schema that spaces alone are nothing. */
export const notBlank = { allOf: [{ pattern: String.raw`\S` }] };

export const displayName = words(100).min(1).meta(notBlank);

export const byId = z.strictObject({ id: z.uuid() });

/** What this caller may do with the object. */
export const permissionList = z.array(z.string()).describe('What the caller may do with it');

/** RFC 3339 in UTC, from an entity or from a row of hand-written SQL. */
export const timeOf = (time: Date | string): string => new Date(time).toISOString();
