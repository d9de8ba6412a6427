import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const historiesDirectory = fileURLToPath(new URL('../../workflows/histories/', import.meta.url));

export interface RecordedHistory {
  /** `<workflow type>` or `<workflow type>.<ending>` */
  name: string;
  workflowType: string;
  workflowId: string;
  history: unknown;
}

export function recordedHistories(): RecordedHistory[] {
  const files = readdirSync(historiesDirectory).filter((file) => file.endsWith('.json'));
  return files.toSorted().map((file) => {
    const name = file.slice(0, -'.json'.length);
    const history = JSON.parse(readFileSync(join(historiesDirectory, file), 'utf8')) as unknown;
    return { name, workflowType: name.split('.')[0] ?? name, workflowId: `replay/${name}`, history };
  });
}

/** Without what tells of the machine on which it was recorded: process and host names, stacks with paths. */
export function anonymous(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anonymous);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'stackTrace' && key !== 'workerControlTaskQueue')
      .map(([key, inner]) => [key, key === 'identity' ? 'recorder' : anonymous(inner)]),
  );
}
