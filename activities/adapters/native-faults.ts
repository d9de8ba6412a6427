import type { RuleFault } from './adapter.ts';
import type { UnifiedConfiguration } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { prototypeKeys, walk } from './json.ts';
import { pointerOf } from './pointers.ts';

/** A ConfigMap holds 1 MiB; the rest of the file needs some of it. */
const nativeLimitCharacters = 500_000;

const secretKey = /(^|[a-z_-])(api_?key|token|secret|password|passphrase|private_?key)$/i;

/** What the platform refuses in the native part of any kind, besides the keys that it owns. */
export function nativeFaults({ native, environment }: UnifiedConfiguration, dialect: Dialect): RuleFault[] {
  const faults: RuleFault[] = [];
  const refuse = (path: readonly string[], detail: string): void => {
    faults.push({
      code: 'agent.configuration-refused',
      pointer: pointerOf(['native', ...path]),
      detail,
    });
  };
  walk(native, (path, value) => {
    const key = path.at(-1) ?? '';
    if (prototypeKeys.has(key)) {
      refuse(path, `A key cannot be called ${key}.`);
      return false;
    }
    const refusal = dialect.refusal(key, value);
    if (refusal !== null) {
      refuse(path, refusal);
      return false;
    }
    if (typeof value !== 'string') return;
    const variables = dialect.variablesIn(value);
    for (const name of variables) {
      if (!Object.hasOwn(environment, name)) refuse(path, `The variable ${name} is not in environment.`);
    }
    if (secretKey.test(key) && value !== '' && variables.length === 0) {
      const write = dialect.placeholder('NAME');
      refuse(
        path,
        `Looks like a secret in clear. Put it into a secret, refer to that in environment, and write ${write}.`,
      );
    }
  });
  if (JSON.stringify(native).length > nativeLimitCharacters) {
    refuse([], `The native part is larger than ${nativeLimitCharacters} characters.`);
  }
  return faults;
}
