import type { Dialect } from '../dialect.ts';
import { isObject, valueAt } from '../json.ts';

/** OpenCode replaces `{env:NAME}` and `{file:path}` in the text of its file, before it reads it as JSON. */
export const variable = /\{env:([^}]*)\}/g;

const variablesIn = (text: string): string[] => [...text.matchAll(variable)].map(([, name = '']) => name);

export const placeholder = (name: string): string => `{env:${name}}`;

export const openCodeDialect: Dialect = {
  variablesIn,
  placeholder,
  reservedPrefixes: ['OPENCODE_', 'BUN_'],
  hasNativeProvider: (native, name) => isObject(valueAt(native, ['provider', name])),
  refusal: (_key, value) =>
    typeof value === 'string' && value.includes('{file:')
      ? 'Other files cannot be included: the platform has to know the whole configuration.'
      : null,
};
