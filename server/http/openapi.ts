import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { z } from 'zod';
import { problems, type ProblemCode } from '../../workflows/contracts/problems.ts';
import { apiPrefix } from './api-prefix.ts';
import { isSomewhere } from './check-answer.ts';
import { wellFormedKey } from './idempotency.ts';
import { hasETag, linksOf, type Links } from './links.ts';
import { ProblemSchema } from './problem.schema.ts';
import { isStream, type AnyRoute, type Route } from './route.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const header = (id: string, description: string) => z.string().optional().meta({ description, header: { id } });

/** Of every answer; see docs/limits.md. */
const limitHeaders = {
  'RateLimit-Policy': header(
    'RateLimit-Policy',
    'The limits that the request counted for: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers)',
  ),
  RateLimit: header('RateLimit', 'What is left of them: `r` requests; all again after `t` seconds'),
};
const retryHeaders = { 'Retry-After': header('Retry-After', 'Seconds to wait before the next attempt') };

const descriptions: Record<number, string> = {
  200: 'The answer',
  201: 'Created',
  202: 'Accepted: an operation carries it out; its address is in Location',
  204: 'Done',
};

/** OpenAPI 3.1 from the very declarations that validate and answer. Needs nothing that runs. */
export function openApiDocument(routes: readonly AnyRoute[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  const linked = routes.filter((route): route is Route => !isStream(route));
  for (const route of routes) {
    const path = `${apiPrefix}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = {
      ...paths[path],
      [route.method]: isStream(route) ? streamOperation(route) : operation(route, linked),
    };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Open Cluster Claw',
      version,
      description: 'Fleets of personal AI-agent servers for many tenants.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-occ_session',
          description: 'Of the portal',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'From POST /auth/token',
        },
      },
    },
  });
}

function operation(route: Route, routes: readonly Route[]): ZodOpenApiOperationObject {
  const headers = {
    ...(route.ifMatch && {
      'If-Match': z.string().regex(/\S/).describe('The ETag that was read, such as `"7"`'),
    }),
    ...(route.method === 'post' &&
      route.permission !== 'public' && {
        'Idempotency-Key': z
          .string()
          .regex(wellFormedKey)
          .optional()
          .describe('The same request with the same key is carried out once, and answered alike for a day'),
      }),
  };
  const content = route.body && {
    'application/json': { schema: route.body },
    ...(route.takesForm && { 'application/x-www-form-urlencoded': { schema: route.body } }),
  };
  return {
    ...described(route),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...(Object.keys(headers).length > 0 && { header: z.object(headers) }),
    },
    ...(content && { requestBody: { required: true, content } }),
    responses: { ...answers(route, routes), ...refusals(codesOf(route)) },
  };
}

const streamOperation = (route: Extract<AnyRoute, { open: unknown }>): ZodOpenApiOperationObject => ({
  ...described(route),
  requestParams: {
    ...(route.query && { query: route.query }),
    header: z.object({
      'Last-Event-ID': z.string().optional().describe('The last `id` that was received'),
    }),
  },
  responses: {
    200: {
      description: 'Server-sent events, for as long as the session lives; the schema is that of each one',
      headers: z.object(limitHeaders),
      content: { 'text/event-stream': { schema: serverSentEvent(route.event) } },
    },
    ...refusals([
      ...ofEveryRoute,
      ...ofStreams,
      'access.unauthenticated',
      'access.token-invalid',
      'request.cross-site',
    ]),
  },
});

/** As OpenAPI 3.2 describes a stream: each event with its members, and what the text of `data` holds. */
function serverSentEvent(data: z.ZodType): z.ZodType {
  const $ref = `#/components/schemas/${data.meta()?.id}`;
  return z.looseObject({
    id: z.string().describe('What to come back with, as `Last-Event-ID`'),
    data: z.string().meta({ contentMediaType: 'application/json', contentSchema: { $ref } }),
  });
}

const signedIn: Record<string, string[]>[] = [{ session: [] }, { bearer: [] }];

const described = (route: AnyRoute) => ({
  operationId: route.operationId,
  summary: route.summary,
  tags: [route.path.split('/')[1] ?? ''],
  security: route.permission === 'public' ? [] : signedIn,
  'x-permission': route.permission,
});

function answers(route: Route, routes: readonly Route[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, schema]) => [
      status,
      {
        description: descriptions[Number(status)] ?? 'The answer',
        headers: z.object({
          ...limitHeaders,
          ...(isSomewhere(Number(status)) && { Location: z.string().describe('Address of what is new') }),
          ...(hasETag(route, Number(status), routes) && { ETag: z.string().describe('For If-Match') }),
        }),
        ...linksIn(linksOf(route, Number(status), routes)),
        ...(schema && { content: { 'application/json': { schema } } }),
        ...(route.downloads && { content: fileOf(route.downloads) }),
      },
    ]),
  );
}

const linksIn = (links: Links) => Object.keys(links).length > 0 && { links };

const fileOf = (mediaTypes: readonly string[]) =>
  Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: z.string() }]));

/** What every route can answer. */
const ofEveryRoute: readonly ProblemCode[] = [
  'request.invalid',
  'request.unreadable',
  'request.address-too-long',
  'request.too-many-headers',
  'request.head-too-large',
  'request.rate-limited',
  'server.error',
  'server.unavailable',
];
const ofStreams: readonly ProblemCode[] = ['request.too-many-streams', 'server.busy'];

function codesOf(route: Route): ProblemCode[] {
  const needsRights = route.permission !== 'public' && route.permission !== 'signed-in';
  const codes: ProblemCode[] = [...ofEveryRoute, ...(route.errors ?? [])];
  if (route.downloads) codes.push(...ofStreams);
  if (route.takesSecret) codes.push('access.too-many-attempts');
  if (route.permission !== 'public') codes.push('access.unauthenticated', 'access.token-invalid');
  if (needsRights) codes.push('access.denied');
  if (route.params) codes.push('request.not-found');
  if (route.body) codes.push('request.malformed', 'request.too-large', 'request.unsupported-media-type');
  if (route.ifMatch) codes.push('request.precondition-required', 'request.stale');
  if (route.method !== 'get') codes.push('request.cross-site');
  if (route.method === 'post' && route.permission !== 'public') codes.push('request.idempotency-mismatch');
  if (route.neverStored && route.permission !== 'public') codes.push('request.answer-not-kept');
  return [...new Set(codes)];
}

/** One answer a status, which names the codes that it can carry. */
function refusals(codes: readonly ProblemCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => String(problems[code][0]));
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${problems[code][1]}`).join('\n\n'),
        headers: z.object(status === '429' ? { ...limitHeaders, ...retryHeaders } : limitHeaders),
        content: { 'application/problem+json': { schema: ProblemSchema } },
      },
    ]),
  );
}
