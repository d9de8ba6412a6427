import type { RuleFault } from '../adapter.ts';
import type { UnifiedConfiguration } from '../configuration.ts';
import { prototypeKeys, walk } from './json.ts';
import { ownedKeyFaults } from './owned-keys.ts';
import { pointerOf } from './pointers.ts';
import { variablesIn } from './variables.ts';

/** A ConfigMap holds 1 MiB; the rest of the file needs some of it. */
const nativeLimitCharacters = 500_000;

const secretKey = /(^|[a-z_-])(api_?key|token|secret|password|passphrase|private_?key)$/i;

/** What our rules refuse in the native part. */
export function nativeFaults({ native, environment }: UnifiedConfiguration): RuleFault[] {
  const faults: RuleFault[] = ownedKeyFaults(native);
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
    if (key === '$include') {
      refuse(path, 'Other files cannot be included: the platform has to know the whole configuration.');
      return false;
    }
    if (typeof value !== 'string') return;
    for (const name of variablesIn(value)) {
      if (!Object.hasOwn(environment, name)) refuse(path, `The variable ${name} is not in environment.`);
    }
    if (secretKey.test(key) && value !== '' && variablesIn(value).length === 0) {
      refuse(
        path,
        `Looks like a secret in clear. Put it into a secret, refer to that in environment, and write \${NAME}.`,
      );
    }
  });
  if (JSON.stringify(native).length > nativeLimitCharacters) {
    refuse([], `The native part is larger than ${nativeLimitCharacters} characters.`);
  }
  return faults;
}
