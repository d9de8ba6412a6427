import { randomBytes, randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

// OWASP's first choice for Argon2id (which is this library's algorithm by default): 19 MiB, two passes, one lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password, cost);

/** Somebody's hash for nobody: names that do not exist cost the same work as names that do. */
const nobody = hashPassword(randomBytes(16).toString('hex'));

export async function passwordMatches(passwordHash: string | null, password: string): Promise<boolean> {
  const matches = await verify(passwordHash ?? (await nobody), password);
  return matches && passwordHash !== null;
}

const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 118 bits in four groups, without characters that are mistaken for each other. */
export const generatePassword = (): string =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 6 }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
  ).join('-');
