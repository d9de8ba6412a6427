import type { RuleFault } from './adapter.ts';
import type { UnifiedConfiguration } from './configuration.ts';
import { hostOf, isInCluster, isNeverReachable } from './destinations.ts';
import type { Dialect } from './dialect.ts';
import { prototypeKeys } from './json.ts';
import { pointerOf } from './pointers.ts';
import { isReservedVariable } from './variables.ts';

export const fault = (path: readonly (string | number)[], detail: string): RuleFault => ({
  code: 'agent.configuration-refused',
  pointer: pointerOf(path),
  detail,
});

/** What the platform refuses in the unified part of any kind, beyond the schema. */
export const unifiedFaults = (configuration: UnifiedConfiguration, dialect: Dialect): RuleFault[] => [
  ...providerFaults(configuration, dialect),
  ...modelFaults(configuration, dialect),
  ...environmentFaults(configuration, dialect),
];

function providerFaults({ providers }: UnifiedConfiguration, dialect: Dialect): RuleFault[] {
  const faults: RuleFault[] = [];
  const names = new Set<string>();
  for (const [index, { name, baseUrl, models }] of providers.entries()) {
    if (names.has(name))
      faults.push(fault(['providers', index, 'name'], `Another provider is called ${name} already.`));
    if (prototypeKeys.has(name)) faults.push(fault(['providers', index, 'name'], 'Choose another name.'));
    names.add(name);
    faults.push(...baseUrlFaults(baseUrl, ['providers', index, 'baseUrl'], dialect));
    const ids = new Set<string>();
    for (const [at, model] of models.entries()) {
      const path = ['providers', index, 'models', at];
      if (ids.has(model.id)) faults.push(fault([...path, 'id'], `The provider has a model ${model.id} already.`));
      ids.add(model.id);
      faults.push(...placeholderFaults(model.id, [...path, 'id'], dialect));
      faults.push(...placeholderFaults(model.name, [...path, 'name'], dialect));
    }
  }
  return faults;
}

function baseUrlFaults(baseUrl: string, path: readonly (string | number)[], dialect: Dialect): RuleFault[] {
  if (!URL.canParse(baseUrl)) return [fault(path, 'This is not a URL.')];
  const url = new URL(baseUrl);
  const faults = placeholderFaults(baseUrl, path, dialect);
  if (url.username || url.password)
    faults.push(fault(path, 'A URL cannot carry a password. Use apiKey with a secret.'));
  if (isNeverReachable(hostOf(url))) faults.push(fault(path, 'Agents cannot reach link-local and metadata addresses.'));
  if (isInCluster(hostOf(url))) faults.push(fault(path, 'Agents cannot reach services of the cluster they run on.'));
  return faults;
}

/** Variables are for the native part; here the program would replace them behind the platform's back. */
function placeholderFaults(
  text: string | undefined,
  path: readonly (string | number)[],
  { variablesIn, placeholder }: Dialect,
): RuleFault[] {
  if (variablesIn(text ?? '').length === 0) return [];
  return [fault(path, `Variables such as ${placeholder('NAME')} cannot be used here.`)];
}

function modelFaults({ providers, agent: { model }, native }: UnifiedConfiguration, dialect: Dialect): RuleFault[] {
  if (model === undefined) return [];
  const path = ['agent', 'model'];
  const slash = model.indexOf('/');
  if (slash < 1 || slash === model.length - 1) return [fault(path, 'Write it as provider/model.')];
  const [name, id] = [model.slice(0, slash), model.slice(slash + 1)];
  const provider = providers.find((one) => one.name === name);
  if (provider?.models.some((one) => one.id === id)) return [];
  if (dialect.hasNativeProvider(native, name)) return placeholderFaults(model, path, dialect);
  if (!provider) return [fault(path, `There is no provider ${name} in providers.`)];
  return [fault(path, `The provider ${name} has no model ${id}.`)];
}

function environmentFaults({ environment }: UnifiedConfiguration, { reservedPrefixes }: Dialect): RuleFault[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const path = ['environment', name];
    if (isReservedVariable(name, reservedPrefixes))
      return [fault(path, `The variable ${name} belongs to the platform.`)];
    if (
      typeof value === 'string' &&
      value !== '' &&
      /(API_?KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|PRIVATE_KEY)$/.test(name)
    ) {
      return [fault(path, 'Looks like a secret in clear. Put it into a secret and refer to that.')];
    }
    if (typeof value === 'string' && value.includes('\0')) return [fault(path, 'A value cannot hold a NUL character.')];
    return [];
  });
}
