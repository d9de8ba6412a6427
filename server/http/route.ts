import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import type { Caller, Reach } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import type { Transaction } from '../persistence/transaction.ts';

/**
 * One declaration of a route: it validates, types, documents and, in tests, checks every answer.
 * The handler runs inside one transaction in the caller's context; what it returns is sent after the commit.
 */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/api/v1`, with `:name` for each member of `params`. */
  path: string;
  /** Unique, camelCase; the portal's client and the OpenAPI document call it this. */
  operationId: string;
  summary: string;
  /** `public`: no caller needed. `signed-in`: any caller, about himself. Otherwise the handler must call `authorize`. */
  permission: Permission | 'public' | 'signed-in';
  params?: Params;
  query?: Query;
  body?: Body;
  /** By status; `null` where there is no body. */
  responses: Record<number, z.ZodType | null>;
  /** Codes of the catalogue beyond those that every route can answer. */
  errors?: readonly ProblemCode[];
  /** Takes `If-Match` with the generation of the object: 428 without, and the command answers 412. */
  ifMatch?: true;
  /** The answer is a file, streamed: the media types that it can have. */
  downloads?: readonly string[];
  /** POST only. The answer holds a secret, so that no Idempotency-Key can bring it back. */
  neverStored?: true;
  /**
   * `platform`: the transaction runs as the platform whoever asks, for what touches users, sessions and roles, which
   * no tenant's context reaches; the handler filters by itself. `itself`: no transaction is opened, because the
   * handler has slow work between its own (a connection is not held meanwhile); public routes, and those that only read.
   */
  runsAs?: 'platform' | 'itself';
  /** Takes a secret that tells by itself what it is for: wrong ones are counted, and after some the next has to wait. */
  takesSecret?: { in(body: z.output<Body>): string; wrong: readonly ProblemCode[] };
  /** A look into what is confidential though it changes nothing: each is audited, with what it looks into. */
  looksInto?: 'secrets' | 'logs' | 'files' | 'console' | 'audit';
  /** Not a GET, yet changes nothing and so is not audited, such as a preview. */
  changesNothing?: true;
  /** Also takes the body as `application/x-www-form-urlencoded`, as OAuth asks for. */
  takesForm?: true;
  handle(context: RouteContext<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Answer>;
}

export interface RouteContext<Params = unknown, Query = unknown, Body = unknown> {
  input: { params: Params; query: Query; body: Body };
  /** Generation named by `If-Match`; present on routes with `ifMatch`. */
  expectedGeneration: number;
  /** On public routes: throws 'access.unauthenticated' when used without a session. */
  caller: Caller;
  tx: Transaction;
  request: RequestFacts;
  /**
   * Checks this route's permission on an object. An object of a tenant that the caller cannot see never gets here
   * (its row is invisible: 404); a refusal is 403, logged and audited. `also` asks for another permission than the
   * route's, for an option of the request that needs more.
   * @throws Problem 'access.denied'
   */
  authorize: (on: AccessScope, also?: Permission) => void;
  /**
   * For lists: where the caller has this route's permission. Asking counts as the check of rights, so the handler
   * must filter by the answer.
   */
  reach: () => Reach;
  /** Who the caller is by now, for an answer that takes long; null when his session has ended. */
  again: () => Promise<Caller | null>;
}

/**
 * Where a right is asked for. `'platform'` for what belongs to no tenant. `createdBy` of an instance lets in who may act
 * on what he has made himself.
 */
export type AccessScope = 'platform' | { tenantId: string; projectId?: string | null; createdBy?: string | null };

export interface RequestFacts {
  requestId: string;
  address: string;
  origin: string | null;
  /** The session cookie, good or not. */
  sessionToken: string | null;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Keeps the types of one declaration together; what the router takes is the plain `Route`. */
export const route = <Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  declaration: Route<Params, Query, Body>,
): Route => declaration;

/**
 * A route that answers with server-sent events for as long as the session lives. No transaction is held: what `open`
 * returns reads for itself, each time under the rights of that moment.
 */
export interface StreamRoute<Query extends z.ZodObject = z.ZodObject> {
  method: 'get';
  path: string;
  operationId: string;
  summary: string;
  permission: Permission;
  query?: Query;
  /** What one event's `data` holds. */
  event: z.ZodType;
  open(context: StreamContext<z.output<Query>>): Readable;
}

export interface StreamContext<Query = unknown> {
  input: { query: Query };
  caller: Caller;
  /** Who the caller is now; null when the session has ended. */
  again(): Promise<Caller | null>;
  lastEventId: string | null;
  request: RequestFacts;
}

/** The same as `route`, for streams. */
export const streamRoute = <Query extends z.ZodObject>(declaration: StreamRoute<Query>): StreamRoute => declaration;

export type AnyRoute = Route | StreamRoute;

export const isStream = (any: AnyRoute): any is StreamRoute => 'open' in any;
