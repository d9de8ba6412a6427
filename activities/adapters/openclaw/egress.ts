import type { Egress } from '../../runtimes/runtime.ts';
import { destinationsOf } from '../destinations.ts';
import { isObject, valueAt } from '../json.ts';

/** Read from the rendered file, so that providers of the native part count too. */
export function egressOf(file: unknown): Egress[] {
  const providers = valueAt(file, ['models', 'providers']);
  if (!isObject(providers)) return [];
  return destinationsOf(
    Object.values(providers).map((provider) => (isObject(provider) ? provider['baseUrl'] : undefined)),
  );
}
