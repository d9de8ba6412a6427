import { z } from 'zod';
import type { Route } from './route.ts';

interface Link {
  operationId: string;
  parameters: Record<string, string>;
}
export type Links = Record<string, Link>;

/**
 * Where one can go from an answer, as OpenAPI links: from an object to all that is below its address, from an operation
 * to what it changes, from a page to its first object and to the next page. Made from the declarations, so that a new
 * route is linked to by being there. A change takes the ETag of what was read.
 */
export function linksOf(route: Route, status: number, routes: readonly Route[]): Links {
  const schema = route.responses[status];
  if (!(schema instanceof z.ZodObject)) return {};
  if (status === 202) return { ...toOperation(schema, routes), ...toInstance(schema, routes) };
  if ('next' in schema.shape) return { ...toNextPage(route), ...toFirst(route, schema, routes) };
  return 'id' in schema.shape ? toObject(route, schema, routes) : toTheSame(route, schema, routes);
}

/** Whether an answer has an ETag: it has a generation, and somebody asks for it. */
export function hasETag(route: Route, status: number, routes: readonly Route[]): boolean {
  const schema = route.responses[status];
  if (status === 202 || !(schema instanceof z.ZodObject) || !('generation' in schema.shape)) return false;
  const base = baseOf(route, schema, routes) ?? route.path;
  return routes.some(({ path, ifMatch }) => ifMatch && (path === `${base}/:id` || path === route.path));
}

/** The collection that an answered object belongs to, such as `/instances`; null for what has no address of its own. */
function baseOf(route: Route, schema: z.ZodObject, routes: readonly Route[]): string | null {
  if (!('id' in schema.shape)) return null;
  const read = routes.find(
    ({ method, path, responses }) => method === 'get' && responses[200] === schema && objectPath.test(path),
  );
  if (read) return read.path.replace('/:id', '');
  const [, base] = /^(\/[^/]+)(?:\/:id)?$/.exec(route.path) ?? [];
  return base && route.method !== 'get' ? base : null;
}
const objectPath = /^\/[^/]+\/:id$/;

const readAt = (path: string, routes: readonly Route[]): Route[] =>
  routes.filter((other) => other.method === 'get' && other.path === path);

const toOperation = (schema: z.ZodObject, routes: readonly Route[]): Links =>
  'id' in schema.shape
    ? links(
        routes.filter(({ path }) => path.startsWith('/operations/:id')),
        { id: '$response.body#/id' },
      )
    : {};

const toInstance = (schema: z.ZodObject, routes: readonly Route[]): Links =>
  'instanceId' in schema.shape ? links(readAt('/instances/:id', routes), { id: '$response.body#/instanceId' }) : {};

/** With all filters of the page before. */
function toNextPage({ operationId, params, query }: Route): Links {
  if (!query || !('cursor' in query.shape)) return {};
  const same = Object.keys(query.shape).map((name) => [name, `$request.query.${name}`]);
  return {
    nextPage: {
      operationId,
      parameters: { ...pathOf(params), ...Object.fromEntries(same), cursor: '$response.body#/next' },
    },
  };
}

/** To read it, or to change it where there is nothing more to read. */
function toFirst({ path }: Route, page: z.ZodObject, routes: readonly Route[]): Links {
  const { items } = page.shape;
  const item = items instanceof z.ZodArray ? items.element : null;
  // Not of roles, of which the first is a built-in one, without an address.
  if (!(item instanceof z.ZodObject) || !(item.shape.id instanceof z.ZodUUID)) return {};
  const reads = readAt(`${path}/:id`, routes);
  const targets = reads.length > 0 ? reads : routes.filter((other) => other.path === `${path}/:id`);
  return links(targets, { id: '$response.body#/items/0/id' }, '"{$response.body#/items/0/generation}"');
}

function toObject(route: Route, schema: z.ZodObject, routes: readonly Route[]): Links {
  const base = baseOf(route, schema, routes);
  if (base === null) return {};
  const own = `${base}/:id`;
  const [itself, below] = [
    routes.filter(({ path }) => path === own),
    routes.filter(({ path }) => path.startsWith(`${own}/`)),
  ];
  const id = { id: '$response.body#/id' };
  return { ...links(itself, id, '$response.header.ETag'), ...links(below, id) };
}

/** What has an address, but no id: a quota, defaults. */
function toTheSame(route: Route, schema: z.ZodObject, routes: readonly Route[]): Links {
  if (!route.params || !('generation' in schema.shape)) return {};
  const targets = routes.filter(({ path }) => path === route.path);
  return links(targets, pathOf(route.params), '$response.header.ETag');
}

const pathOf = (params: z.ZodObject | undefined): Record<string, string> =>
  Object.fromEntries(Object.keys(params?.shape ?? {}).map((name) => [name, `$request.path.${name}`]));

function links(targets: readonly Route[], parameters: Record<string, string>, etag?: string): Links {
  return Object.fromEntries(
    targets.map(({ operationId, ifMatch }) => [
      operationId,
      { operationId, parameters: { ...parameters, ...(ifMatch && etag && { 'If-Match': etag }) } },
    ]),
  );
}
