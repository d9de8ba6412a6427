import { Problem } from '../../workflows/contracts/problem.ts';
import type { Assignment, Caller } from '../access/caller.ts';
import type { Decisions, Rights } from '../access/rights.ts';
import { callerOf } from '../access/role-caller.ts';
import type { Database } from '../persistence/database.ts';
import type { AccessTokens } from './access-token.ts';
import type { SessionLife } from './session-life.ts';
import { hashSessionToken, sessionTokenIn } from './session-token.ts';

/** What of a request says who is asking. */
interface Credentials {
  get(header: string): string;
}

/**
 * Who is asking, by bearer token or session cookie, as the database knows him now: a session that was revoked a
 * moment ago is nobody's. Null without credentials, and for a cookie whose session has ended.
 * @throws Problem 'access.token-invalid' for a bearer token that is no good
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller | null>;

interface Known {
  session_id: string;
  kind: 'portal' | 'api';
  user_id: string;
  name: string;
  display_name: string;
  assignments: Assignment[];
}

interface Deps {
  db: Database;
  rights: Rights;
  tokens: AccessTokens;
  sessionLife: SessionLife;
}

export function authenticator({ db, rights, tokens, sessionLife }: Deps): Authenticate {
  const find = async (kind: Known['kind'], by: { hash: Buffer | null; id: string | null }): Promise<Known | null> => {
    const [known] = await db.execute<Known>('select * from occ_authenticate(?, ?::uuid)', [by.hash, by.id]);
    return known?.kind === kind ? known : null;
  };
  return async (credentials) => {
    const bearer = bearerTokenIn(credentials.get('Authorization'));
    if (bearer !== null) {
      const known = await find('api', { hash: null, id: await tokens.sessionIdOf(bearer) });
      if (!known) throw new Problem('access.token-invalid');
      return toCaller(known, await rights.knowing(known.assignments));
    }
    const token = sessionTokenIn(credentials.get('Cookie'));
    if (token === null) return null;
    const known = await find('portal', { hash: hashSessionToken(token), id: null });
    if (!known) return null;
    sessionLife.touch(known.session_id);
    return toCaller(known, await rights.knowing(known.assignments));
  };
}

const toCaller = (known: Known, decisions: Decisions): Caller =>
  callerOf(
    {
      userId: known.user_id,
      name: known.name,
      displayName: known.display_name,
      sessionId: known.session_id,
      assignments: known.assignments,
    },
    decisions,
  );

/** @throws Problem 'access.token-invalid' for another scheme, so that nobody is taken for his cookie by mistake */
function bearerTokenIn(header: string): string | null {
  if (header === '') return null;
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (!token) throw new Problem('access.token-invalid');
  return token;
}
