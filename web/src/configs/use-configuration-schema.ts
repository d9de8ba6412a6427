import { useQuery } from '@tanstack/vue-query';
import { api, read } from '../api/client.ts';
import type { JsonSchema } from './schema-paths.ts';

/** The unified configuration as the server of this moment describes it; asked for once. */
export const useConfigurationSchema = () =>
  useQuery({
    queryKey: ['configuration-schema'],
    queryFn: async ({ signal }) => configurationSchema(await read(api.GET('/api/v1/openapi.json', { signal }))),
    staleTime: Infinity,
  });

const prefix = '#/components/schemas/';

/** @returns a schema that stands by itself: what it refers to is below `$defs` */
function configurationSchema(document: unknown): JsonSchema {
  const { components } = document as { components: { schemas: Record<string, JsonSchema> } };
  const wanted = new Set<string>();
  const gather = (schema: JsonSchema | undefined): void => {
    for (const [, name = ''] of JSON.stringify(schema ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (wanted.has(name)) continue;
      wanted.add(name);
      gather(components.schemas[name]);
    }
  };
  const { Configuration: root } = components.schemas;
  gather(root);
  const $defs = Object.fromEntries([...wanted].map((name) => [name, components.schemas[name]]));
  return JSON.parse(JSON.stringify({ ...root, $defs }).replaceAll(prefix, '#/$defs/')) as JsonSchema;
}
