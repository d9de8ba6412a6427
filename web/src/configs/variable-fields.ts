import type { JsonSchema } from './schema-paths.ts';

/** One field of the form that a schema of variables describes. */
export interface VariableField {
  name: string;
  label: string;
  hint: string | undefined;
  isRequired: boolean;
  /** What stands where nothing is entered. */
  standard: unknown;
  kind: 'text' | 'number' | 'integer' | 'switch' | 'choice' | 'json';
  choices: readonly unknown[];
  minimum: number | undefined;
  maximum: number | undefined;
}

export function variableFields(schema: JsonSchema): VariableField[] {
  return Object.entries(schema.properties ?? {}).map(([name, member]) => ({
    name,
    label: member.title ?? name,
    hint: member.description,
    isRequired: Boolean(schema.required?.includes(name)) && member.default === undefined,
    standard: member.default,
    kind: kindOf(member),
    choices: member.enum ?? [],
    minimum: member.minimum,
    maximum: member.maximum,
  }));
}

function kindOf({ enum: choices, type }: JsonSchema): VariableField['kind'] {
  if (choices) return 'choice';
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return type;
  if (type === 'boolean') return 'switch';
  return 'json';
}

/** A value as the form shows it. */
export const shownValue = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
