import type { MessageKey } from '../i18n/use-text.ts';

type Parsed = { value: Record<string, unknown>; fault?: undefined } | { value?: undefined; fault: MessageKey };

/** What is in an editor, as an object; nothing counts as an empty one. */
export function parseJsonObject(text: string): Parsed {
  if (text.trim() === '') return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'ui.editor.notObject' };
    return { value: value as Record<string, unknown> };
  } catch {
    return { fault: 'ui.editor.invalid' };
  }
}
