import type { Fault } from '../../../workflows/contracts/problems.ts';
import { type Json, type JsonObject, isObject, prototypeKeys, valueAt } from '../json.ts';
import { pointerOf } from '../pointers.ts';

/**
 * A document in which `{{/agent/model}}` stands for what is at that pointer of the view: alone in a string it keeps its
 * type, and a member without a value is left out. `{"$each": "/providers", "$key": "{{./name}}", "$value": …}` makes an
 * object of a list, without `$key` a list; `./` begins at the item, and `$when` at a pointer leaves items out.
 */

const expression = /\{\{([^{}]*)\}\}/g;
const alone = /^\{\{([^{}]*)\}\}$/;
const place = /^\.?(\/([^~/]|~0|~1)*)+$/;

/** What the templates of a description may ask for; lists are shown by their first item. */
const known = [
  '/agent/model /agent/provider /agent/modelId /agent/heartbeatMinutes /agent/timeoutSeconds',
  '/limits/maxConcurrentRuns /logging/level /port /mark /gatewayToken /providers /models',
]
  .join(' ')
  .split(' ');
const knownOfItems =
  './name ./baseUrl ./api ./apiKey ./models ./id ./contextWindow ./maxTokens ./reasoning ./reference ./provider ./costPerMillionTokens/input ./costPerMillionTokens/output'.split(
    ' ',
  );

export function fill(template: unknown, view: JsonObject, item: Json = null): Json | undefined {
  if (typeof template === 'string') return fillText(template, view, item);
  if (Array.isArray(template)) {
    return template.map((one) => fill(one, view, item)).filter((one) => one !== undefined);
  }
  if (!isObject(template)) return template as Json;
  if (typeof template['$each'] === 'string') return fillEach(template, view, item);
  const filled: JsonObject = {};
  for (const [key, value] of Object.entries(template)) {
    const member = fill(value, view, item);
    if (member !== undefined && !prototypeKeys.has(key)) filled[key] = member;
  }
  return filled;
}

function fillEach(template: Record<string, unknown>, view: JsonObject, item: Json): Json {
  const list = lookUp(String(template['$each']), view, item);
  const items = Array.isArray(list) ? list : [];
  const chosen = items.filter((one) => {
    const condition = template['$when'];
    return typeof condition !== 'string' || lookUp(condition, view, one) !== undefined;
  });
  const values = chosen.map((one) => fill(template['$value'], view, one));
  const { $key: key } = template;
  if (typeof key !== 'string') return values.filter((one) => one !== undefined);
  const entries = chosen.map((one, at): [string, Json] => [textOf(fillText(key, view, one)), values[at] ?? null]);
  return Object.fromEntries(entries.filter(([name]) => !prototypeKeys.has(name)));
}

function fillText(text: string, view: JsonObject, item: Json): Json | undefined {
  const only = alone.exec(text)?.[1];
  if (only !== undefined) return lookUp(only, view, item);
  return text.replaceAll(expression, (_whole, path: string) => {
    const value = lookUp(path, view, item);
    return textOf(value);
  });
}

const textOf = (value: Json | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function lookUp(path: string, view: JsonObject, item: Json): Json | undefined {
  const segments = path.replace(/^\./, '').split('/').slice(1);
  const names = segments.map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'));
  return valueAt(path.startsWith('.') ? item : view, names) as Json | undefined;
}

/** Expressions that nothing stands behind, as pointers into the description. */
export function templateFaults(configuration: { template: unknown; owned: unknown }): Fault[] {
  const faults: Fault[] = [];
  const look = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'string') {
      const asked = [...value.matchAll(expression)].map(([, one = '']) => one);
      const key = path.at(-1);
      if (key === '$each' || key === '$when') asked.push(value);
      for (const one of asked.filter((name) => !isKnown(name))) {
        faults.push({ pointer: pointerOf(path), detail: `There is nothing at ${one}. Known: ${known.join(', ')}.` });
      }
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (Object.hasOwn(value, '$each') && !Object.hasOwn(value, '$value')) {
      faults.push({ pointer: pointerOf(path), detail: 'An $each needs a $value.' });
    }
    for (const [key, below] of Object.entries(value)) look(below, [...path, key]);
  };
  look(configuration.template, ['configuration', 'template']);
  look(configuration.owned, ['configuration', 'owned']);
  return faults;
}

const isKnown = (path: string): boolean => place.test(path) && (known.includes(path) || knownOfItems.includes(path));
