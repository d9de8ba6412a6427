import type { Dialect } from '../dialect.ts';
import type { AgentKindDescription } from './description.ts';

/** How the file of this kind names a variable, with the name as its group; null where it cannot. */
export function variablePattern({ configuration: { variable } }: AgentKindDescription): RegExp | null {
  if (variable === null) return null;
  const [before = '', after = ''] = variable.split('NAME').map((part) => RegExp.escape(part));
  return new RegExp(`${before}([A-Z][A-Z0-9_]*)${after}`, 'g');
}

export const placeholderOf = ({ configuration: { variable } }: AgentKindDescription, name: string): string =>
  (variable ?? 'NAME').replace('NAME', () => name);

export function dialectOf(description: AgentKindDescription): Dialect {
  const pattern = variablePattern(description);
  return {
    variablesIn: (text) => (pattern ? [...text.matchAll(pattern)].map(([, name = '']) => name) : []),
    placeholder: (name) => placeholderOf(description, name),
    // what the description sets, nobody else does
    reservedPrefixes: [description.gatewayTokenVariable, ...Object.keys(description.environment)],
    hasNativeProvider: () => false,
    refusal: () => null,
  };
}
