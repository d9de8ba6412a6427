import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { valueAt } from '../json.ts';
import { pointerOf } from '../pointers.ts';

/** A place in `opencode.json` as one in what the tenant wrote: the native part where it wrote that, else the unified. */
export function faultAt(path: readonly string[], detail: string, configuration: UnifiedConfiguration): Fault {
  for (let length = path.length; length > 0; length--) {
    const native = path.slice(0, length);
    if (valueAt(configuration.native, native) !== undefined)
      return { pointer: pointerOf(['native', ...native]), detail };
    const unified = length === path.length ? unifiedPath(path, configuration) : null;
    if (unified) return { pointer: pointerOf(unified), detail };
  }
  return { pointer: '', detail };
}

function unifiedPath(path: readonly string[], { providers }: UnifiedConfiguration): (string | number)[] | null {
  const [first, name, part, key] = path;
  if (first === 'model' || first === 'small_model') return ['agent', 'model'];
  const index = first === 'provider' ? providers.findIndex((one) => one.name === name) : -1;
  if (index === -1) return null;
  if (part === 'npm') return ['providers', index, 'api'];
  if (part === 'options') return ['providers', index, key === 'apiKey' ? 'apiKey' : 'baseUrl'];
  const at = part === 'models' ? providers[index]?.models.findIndex((one) => one.id === key) : -1;
  return at === undefined || at === -1 ? ['providers', index] : ['providers', index, 'models', at];
}
