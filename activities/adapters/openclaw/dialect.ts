import type { Dialect } from '../dialect.ts';
import { isObject, valueAt } from '../json.ts';

/**
 * Names of the variables that a string of the configuration file asks for. OpenClaw substitutes `${UPPER_CASE}` in any
 * string; `$${NAME}` is its escape for the literal text.
 */
const variablesIn = (text: string): string[] =>
  [...text.matchAll(/(\$?)\$\{([A-Z_][A-Z0-9_]*)\}/g)].flatMap(([, escape, name]) => (escape || !name ? [] : [name]));

export const openClawDialect: Dialect = {
  variablesIn,
  placeholder: (name) => `\${${name}}`,
  reservedPrefixes: ['OPENCLAW_', 'CHOKIDAR_'],
  hasNativeProvider: (native, name) => isObject(valueAt(native, ['models', 'providers', name])),
  refusal: (key) =>
    key === '$include' ? 'Other files cannot be included: the platform has to know the whole configuration.' : null,
};
