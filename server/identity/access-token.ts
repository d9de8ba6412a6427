import { jwtVerify, SignJWT } from 'jose';
import { Problem } from '../../workflows/contracts/problem.ts';

export const accessTokenSeconds = 15 * 60;
const issuer = 'open-cluster-claw';
const audience = 'open-cluster-claw-api';

/** Signs and checks the short-lived bearer tokens. A token only names a session, which is looked up at each request. */
export interface AccessTokens {
  issue(session: { userId: string; sessionId: string }): Promise<string>;
  /** @throws Problem 'access.token-invalid' */
  sessionIdOf(token: string): Promise<string>;
}

/** @param key at least 32 bytes, the same in every replica */
export function accessTokens(key: Uint8Array): AccessTokens {
  if (key.byteLength < 32) throw new Error('the token key must have at least 32 bytes');
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
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer,
          audience,
          requiredClaims: ['exp'],
        });
        if (typeof payload.sid === 'string') return payload.sid;
      } catch (error) {
        throw new Problem('access.token-invalid', undefined, { cause: error });
      }
      throw new Problem('access.token-invalid');
    },
  };
}
