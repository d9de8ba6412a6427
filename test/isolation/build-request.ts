import { buildValue, type Put } from './build-value.ts';
import type { Operation, Parameter } from './document.ts';
import type { Kind } from './kinds.ts';
import type { Reference } from './references.ts';

export interface ApiRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface Wanted {
  /** The objects that the request speaks of. */
  ids: (kind: Kind) => string;
  /** Another one at one place. */
  instead?: { at: Reference; id: string };
}

/** The smallest request for an operation that gets as far as its handler, made from its description alone. */
export function buildRequest(operation: Operation, { ids, instead }: Wanted): ApiRequest {
  const put = (place: Reference['in']): Put | undefined =>
    instead?.at.in === place ? { steps: instead.at.steps, value: instead.at.write(instead.id) } : undefined;
  const valueOf = ({ in: place, name, schema }: Parameter): string => {
    const value = buildValue(operation, schema, { ids, put: put(place as 'query'), at: [name] });
    return encodeURIComponent(String(value).toWellFormed());
  };
  const isPut = ({ in: place, name }: Parameter): boolean => instead?.at.in === place && instead.at.steps[0] === name;
  const given = operation.parameters.filter(
    (one) => one.required || isPut(one) || isNeededBeside(operation, one, instead),
  );
  const query = given.filter((one) => one.in === 'query').map((one) => `${one.name}=${valueOf(one)}`);
  const path = given
    .filter((one) => one.in === 'path')
    .reduce((filled, one) => filled.replace(`{${one.name}}`, valueOf(one)), operation.path);
  const takesIfMatch = given.some(({ name }) => name === 'If-Match');
  return {
    method: operation.method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers: takesIfMatch ? { 'If-Match': '"1"' } : {},
    ...(operation.body && { body: buildValue(operation, operation.body, { ids, put: put('body') }) }),
  };
}

/** What is asked for together with its tenant. */
const withTenant: Record<string, readonly string[]> = {
  getMyPermissions: ['projectId'],
  explainAccess: ['projectId', 'userId'],
};

const isNeededBeside = ({ id }: Operation, { in: place, name }: Parameter, instead: Wanted['instead']): boolean =>
  place === 'query' && name === 'tenantId' && withTenant[id]?.includes(instead?.at.steps[0] ?? '') === true;
