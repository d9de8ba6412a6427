import type { Config, ConfigChange } from '../api/types.ts';
import { parseJsonObject } from '../ui/parse-json-object.ts';
import type { JsonSchema } from './schema-paths.ts';

/** What is typed. Kept as text, so that nothing that was entered gets lost on the way to the api and back. */
export interface Draft {
  configuration: string;
  variables: string;
  locks: string[];
}

const indented = (value: unknown): string => JSON.stringify(value, null, 2);

export const draftOf = ({ latest }: Pick<Config, 'latest'>): Draft => ({
  configuration: indented(latest.configuration),
  variables: indented(latest.variables),
  locks: [...latest.locks],
});

type Content = Required<Pick<ConfigChange, 'configuration' | 'variables' | 'locks'>>;

/** @returns null while one of the texts is no JSON */
export function contentOf({ configuration, variables, locks }: Draft): Content | null {
  const parsed = [parseJsonObject(configuration).value, parseJsonObject(variables).value] as const;
  return parsed[0] && parsed[1] ? { configuration: parsed[0], variables: parsed[1], locks } : null;
}

export const isChanged = (draft: Draft, config: Pick<Config, 'latest'>): boolean =>
  JSON.stringify(contentOf(draft) ?? draft) !== JSON.stringify(contentOf(draftOf(config)));

/** Of the variables' schema that is being written; empty while it is no JSON. */
export const schemaOf = ({ variables }: Pick<Draft, 'variables'>): JsonSchema => parseJsonObject(variables).value ?? {};
