import { createHash, randomBytes } from 'node:crypto';

/** The secret half of a session; the table keeps only its hash. */
export const newSessionToken = (): string => randomBytes(32).toString('base64url');

export const hashSessionToken = (token: string): Buffer => createHash('sha256').update(token).digest();

const cookieName = '__Host-occ_session';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** Without Max-Age: the browser forgets it when it closes, the server when the session ends. */
export const sessionCookie = (token: string): Record<string, string> => ({
  'Set-Cookie': `${cookieHeaderOf(token)}; ${attributes}`,
});

export const cookieHeaderOf = (token: string): string => `${cookieName}=${token}`;

export const clearedSessionCookie: Record<string, string> = {
  'Set-Cookie': `${cookieName}=; ${attributes}; Max-Age=0`,
};

export function sessionTokenIn(cookieHeader: string): string | null {
  for (const part of cookieHeader.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === cookieName && value) return value;
  }
  return null;
}
