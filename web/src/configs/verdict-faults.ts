import type { ConfigFault } from '../api/types.ts';

export interface EditorPlace {
  editor: 'configuration' | 'variables';
  pointer: string;
}

/**
 * Where a fault of a template that is being written stands: a fault of the template's layer points into its
 * configuration, one of no layer into the request, whose members are the texts.
 */
function placeOf({ layer, pointer }: ConfigFault): EditorPlace | null {
  if (layer === 'template') return { editor: 'configuration', pointer };
  if (layer !== null) return null;
  for (const [member, editor] of [
    ['/configuration', 'configuration'],
    ['/variablesSchema', 'variables'],
  ] as const) {
    if (pointer === member || pointer.startsWith(`${member}/`))
      return { editor, pointer: pointer.slice(member.length) };
  }
  return null;
}

/** The variable whose value is at fault. */
const variableOf = ({ layer, pointer, variable }: ConfigFault): string | null =>
  variable ?? (layer === null ? (/^\/variables\/([^/]+)/.exec(pointer)?.[1] ?? null) : null);

export function faultsOf(faults: readonly ConfigFault[]) {
  const at = (editor: EditorPlace['editor']) =>
    faults.flatMap((fault) => {
      const place = placeOf(fault);
      return place?.editor === editor ? [{ pointer: place.pointer, detail: fault.detail }] : [];
    });
  return {
    placeOf,
    ofConfiguration: at('configuration'),
    ofSchema: at('variables'),
    ofVariable: (name: string): string | undefined =>
      faults
        .filter((fault) => variableOf(fault) === name)
        .map(({ detail }) => detail)
        .join(' ') || undefined,
  };
}
