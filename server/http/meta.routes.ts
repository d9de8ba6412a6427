import { z } from 'zod';
import type { OpenApiDocument } from './openapi.ts';
import { route, type Route } from './route.ts';

export interface EchoModelDeps {
  echoModelUrl: string | null;
}

export interface MetaDeps {
  version: string;
  deps: EchoModelDeps;
  /** Made when it is first asked for, since it describes these routes too. */
  document: () => OpenApiDocument;
}

export const metaRoutes = ({ version, deps, document }: MetaDeps): Route[] => [
  route({
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This description',
    permission: 'public',
    runsAs: 'itself',
    responses: { 200: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }) },
    handle: async () => ({ status: 200, body: document() }),
  }),
  route({
    method: 'get',
    path: '/version',
    operationId: 'getVersion',
    summary: 'What runs here',
    permission: 'public',
    runsAs: 'itself',
    responses: {
      200: z
        .strictObject({
          name: z.string(),
          version: z.string(),
          echoModel: z
            .strictObject({ baseUrl: z.url(), model: z.string() })
            .nullable()
            .describe('A model that only repeats what it is told, for agents on the platform’s own machine'),
        })
        .meta({ id: 'Version' }),
    },
    handle: async () => ({
      status: 200,
      body: {
        name: 'open-cluster-claw',
        version,
        echoModel: deps.echoModelUrl === null ? null : { baseUrl: deps.echoModelUrl, model: 'echo' },
      },
    }),
  }),
];
