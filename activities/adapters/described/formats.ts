import { parse, stringify } from 'yaml';
import { type Json, type JsonObject, isObject } from '../json.ts';

export type Format = 'json' | 'yaml' | 'toml' | 'env';

/** The same document, the same bytes. */
export const write: Record<Format, (document: JsonObject) => string> = {
  json: (document) => `${JSON.stringify(document, null, 2)}\n`,
  yaml: (document) => stringify(document, { lineWidth: 0 }),
  toml: (document) => lines(document, ([key, value]) => `${tomlKey(key)} = ${tomlValue(value)}`),
  env: (document) =>
    lines(document, ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
};

const lines = (document: JsonObject, line: (member: [string, Json]) => string): string =>
  Object.entries(document)
    .filter(([, value]) => value !== null)
    .map((member) => `${line(member)}\n`)
    .join('');

/** A string of JSON is a basic string of TOML, but for the slash and the character that only TOML forbids. */
const tomlText = (text: string): string => JSON.stringify(text).replaceAll('\u007F', '\\u007F');
const tomlKey = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : tomlText(key));

/** Tables in one line each: TOML knows no null, and an object that has one has no such member. */
function tomlValue(value: Json): string {
  if (typeof value === 'string') return tomlText(value);
  if (Array.isArray(value))
    return `[${value
      .filter((one) => one !== null)
      .map(tomlValue)
      .join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return `{ ${members.map(([key, member]) => `${tomlKey(key)} = ${tomlValue(member)}`).join(', ')} }`;
}

/** What a proof compares with what the program shows as JSON; a description with another format has a mark instead. */
export const parsed = (format: Format, text: string): unknown =>
  format === 'json' ? JSON.parse(text) : format === 'yaml' ? parse(text) : undefined;
