import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allRoutes, type RouteDeps } from '../routes.ts';

const printed = (): string =>
  execFileSync(process.execPath, [fileURLToPath(new URL('print-openapi.ts', import.meta.url))], {
    encoding: 'utf8',
    env: {},
    maxBuffer: 64 * 2 ** 20,
  });

interface Described {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema: unknown }>; headers?: Record<string, unknown> }>;
  security: unknown[];
}

describe('the OpenAPI document', () => {
  // It starts a process that loads all of the api.
  it('is printed without any server, and describes every registered route', { timeout: 60_000 }, () => {
    const { openapi, paths, components } = JSON.parse(printed());
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(components.securitySchemes)).toEqual(['session', 'bearer']);
    const routes = allRoutes({} as RouteDeps);
    const described = Object.entries<Record<string, Described>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(described.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(
      routes.map(({ path, method }) => `${method} /api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted(),
    );
    const ids = described.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of described) {
      const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      expect(errors.length).toBeGreaterThan(0);
      for (const [, { content }] of errors) {
        expect(content?.['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
      }
      for (const { headers } of Object.values(operation.responses)) {
        expect(Object.keys(headers ?? {})).toEqual(expect.arrayContaining(['RateLimit-Policy', 'RateLimit']));
      }
      expect(Object.keys(operation.responses['429']?.headers ?? {})).toContain('Retry-After');
    }
  });
});
