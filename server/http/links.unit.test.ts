import { describe, expect, it } from 'vitest';
import { allRoutes, type RouteDeps } from '../routes.ts';
import { openApiDocument } from './openapi.ts';

interface Described {
  operationId: string;
  parameters?: { name: string; in: string }[];
  responses: Record<string, { links?: Record<string, Linked>; headers?: Record<string, unknown> }>;
}
interface Linked {
  operationId: string;
  parameters: Record<string, string>;
}

const { paths } = openApiDocument(allRoutes({} as RouteDeps), 'test');
const operations = new Map(
  Object.values(paths ?? {})
    .flatMap((methods) => Object.values(methods as Record<string, Described>))
    .map((operation) => [operation.operationId, operation]),
);
const linksOf = (operationId: string, status: number): Record<string, Linked> =>
  operations.get(operationId)?.responses[status]?.links ?? {};

describe('the links of the OpenAPI document', () => {
  it('lead to operations that are there, and name parameters that those have', () => {
    const all = [...operations.values()].flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ links = {} }) => Object.values(links)),
    );
    expect(all.length).toBeGreaterThan(250);
    for (const { operationId, parameters } of all) {
      const names = operations.get(operationId)?.parameters?.map(({ name }) => name);
      expect({ operationId, names }).toEqual({
        operationId,
        names: expect.arrayContaining(Object.keys(parameters)),
      });
    }
  });

  it('lead from an object that was made to what can be done with it, with the ETag where that is asked for', () => {
    const links = linksOf('createConfig', 201);
    expect(Object.keys(links)).toEqual(expect.arrayContaining(['getConfig', 'deleteConfig', 'publishConfig']));
    expect(links.getConfig?.parameters).toEqual({ id: '$response.body#/id' });
    expect(links.changeConfig?.parameters).toEqual({ id: '$response.body#/id', 'If-Match': '$response.header.ETag' });
    expect(operations.get('createConfig')?.responses['201']?.headers).toHaveProperty('ETag');
  });

  it('lead from what was accepted to its operation and to what that changes', () => {
    expect(linksOf('startInstance', 202)).toEqual({
      getOperation: { operationId: 'getOperation', parameters: { id: '$response.body#/id' } },
      cancelOperation: { operationId: 'cancelOperation', parameters: { id: '$response.body#/id' } },
      retryOperation: { operationId: 'retryOperation', parameters: { id: '$response.body#/id' } },
      getInstance: { operationId: 'getInstance', parameters: { id: '$response.body#/instanceId' } },
    });
  });

  it('lead from a page to the next one, with the same filters, and to its first object', () => {
    const { nextPage, ...first } = linksOf('listProjects', 200);
    expect(nextPage?.parameters).toMatchObject({
      cursor: '$response.body#/next',
      tenantId: '$request.query.tenantId',
      sort: '$request.query.sort',
    });
    expect(first).toEqual({
      getProject: { operationId: 'getProject', parameters: { id: '$response.body#/items/0/id' } },
    });
    // A member can only be changed or removed.
    expect(Object.keys(linksOf('listMembers', 200))).toEqual(['nextPage', 'changeMember', 'removeMember']);
  });

  it('lead from what has no id of its own to its change', () => {
    expect(linksOf('getQuota', 200).changeQuota?.parameters).toEqual({
      id: '$request.path.id',
      'If-Match': '$response.header.ETag',
    });
  });
});
