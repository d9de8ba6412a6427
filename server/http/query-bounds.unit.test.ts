import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { allRoutes, type RouteDeps } from '../routes.ts';
import { isStream } from './route.ts';

const routes = allRoutes({} as RouteDeps);
const parameters = routes.flatMap((route) => {
  const shapes: Record<string, z.ZodType>[] = [
    route.query?.shape ?? {},
    ...(isStream(route) ? [] : [route.params?.shape ?? {}]),
  ];
  return shapes.flatMap((shape) =>
    Object.entries(shape).map(([name, schema]) => ({ route: route.operationId, name, schema })),
  );
});
const lists = parameters.filter(({ name }) => name === 'limit');

describe('what a query may cost', () => {
  it.each(parameters)('$route takes no $name of any length, and not any number of them', ({ schema }) => {
    expect(schema.safeParse('x'.repeat(2_049)).success).toBe(false);
    expect(schema.safeParse('1'.repeat(2_049)).success).toBe(false);
    const [some] = ['x', '01a2039e-1979-7299-a2a6-7476714c25b3', '1', 'a=b'].filter(
      (value) => schema.safeParse(value).success,
    );
    expect(schema.safeParse(Array.from({ length: 51 }, () => some ?? 'x')).success).toBe(false);
  });

  it('is a page of 200 at most, wherever there are pages', () => {
    expect(lists.length).toBeGreaterThan(10);
    for (const { route, schema } of lists) {
      expect([route, schema.safeParse('200').success, schema.safeParse('201').success]).toEqual([route, true, false]);
    }
  });

  it('is an order of the list’s own choice, never a column that is named', () => {
    const sorts = parameters.filter(({ name }) => name === 'sort');
    expect(sorts.length).toBeGreaterThan(5);
    for (const { schema } of sorts) {
      for (const column of ['id', 'tenant_id', 'created_at', '1', 'name,id', 'nothing']) {
        expect(schema.safeParse(column).success).toBe(false);
      }
    }
  });
});
