import type { UnifiedConfiguration } from './configuration.ts';

/**
 * Variables that steer any process, the platform or the loader; a tenant may not set them. `OCC_` holds the secrets of
 * the model providers.
 */
const reservedPrefixes = ['OCC_', 'XDG_', 'LD_', 'DYLD_', 'NODE_', 'NPM_CONFIG_', 'KUBERNETES_'];
const reservedNames: ReadonlySet<string> = new Set([
  'HOME',
  'PATH',
  'PWD',
  'SHELL',
  'USER',
  'LOGNAME',
  'HOSTNAME',
  'TMPDIR',
  'IFS',
  'ENV',
  'BASH_ENV',
  'DO_NOT_TRACK',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
]);

export const isReservedVariable = (name: string, ofTheProgram: readonly string[]): boolean =>
  reservedNames.has(name) || [...reservedPrefixes, ...ofTheProgram].some((prefix) => name.startsWith(prefix));

/** The variable that carries a referenced secret. Secret names have no underscore, so two never meet. */
export const secretVariable = (secret: string): string => `OCC_SECRET_${secret.toUpperCase().replaceAll('-', '_')}`;

/** Variable -> secret, for all references of a configuration. */
export function secretReferencesOf(configuration: UnifiedConfiguration): Record<string, string> {
  const references: [string, string][] = [];
  for (const { apiKey } of configuration.providers) {
    if (apiKey) references.push([secretVariable(apiKey.secret), apiKey.secret]);
  }
  for (const [name, value] of Object.entries(configuration.environment)) {
    if (typeof value !== 'string') references.push([name, value.secret]);
  }
  return sorted(references);
}

/** The variables whose values are no secret. */
export function plainEnvironmentOf(configuration: UnifiedConfiguration): Record<string, string> {
  return sorted(
    Object.entries(configuration.environment).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

const sorted = (entries: [string, string][]): Record<string, string> =>
  Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
