import { jwtVerify, SignJWT } from 'jose';
import { Problem } from '../../workflows/contracts/problem.ts';

export const accessTokenSeconds = 15 * 60;
const issuer = 'open-cluster-claw';
const audience = 'open-cluster-claw-api';
const rememberedAtMost = 10_000;

/** Signs and checks the short-lived bearer tokens. A token only names a session, which is looked up at each request. */
export interface AccessTokens {
  issue(session: { userId: string; sessionId: string }): Promise<string>;
  /** @throws Problem 'access.token-invalid' */
  sessionIdOf(token: string): Promise<string>;
}

/** @param key at least 32 bytes, the same in every replica */
export function accessTokens(key: Uint8Array): AccessTokens {
  if (key.byteLength < 32) throw new Error('the token key must have at least 32 bytes');
  // A signature stays good until the token expires; only whether its session still lives is asked every time.
  const checked = new Map<string, CheckedToken>();
  return {
    issue: ({ userId, sessionId }) =>
      new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${accessTokenSeconds} seconds`)
        .sign(key),
    async sessionIdOf(token) {
      const known = checked.get(token);
      if (known && known.expiresAtMs > Date.now()) return known.sessionId;
      const fresh = await check(token, key);
      if (checked.size >= rememberedAtMost) checked.clear();
      checked.set(token, fresh);
      return fresh.sessionId;
    },
  };
}

interface CheckedToken {
  sessionId: string;
  expiresAtMs: number;
}

async function check(token: string, key: Uint8Array): Promise<CheckedToken> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer,
      audience,
      requiredClaims: ['exp'],
    });
    const { sid, exp } = payload;
    if (typeof sid === 'string' && exp !== undefined) return { sessionId: sid, expiresAtMs: exp * 1_000 };
  } catch (error) {
    throw new Problem('access.token-invalid', undefined, { cause: error });
  }
  throw new Problem('access.token-invalid');
}
