import type { Report } from './report.ts';

/** Who takes requests ends first, what everybody leans on last. Those of one row end together. */
const order = [
  ['api'],
  ['worker', 'observer'],
  ['kubernetes', 'machine'],
  ['echo-model'],
  ['temporal'],
  ['object-storage'],
  ['postgres'],
] as const;

type PartName = (typeof order)[number][number];

interface Stoppable {
  stop(): Promise<void>;
}

export interface OrderedStop {
  /** Takes note of a part that runs; once `stopAll` has begun it is ended at once. */
  keep<Part extends Stoppable>(name: PartName, part: Part): Promise<Part>;
  /** Ends all parts in order. One that fails to end does not keep the others. */
  stopAll(): Promise<void>;
}

export function orderedStop(report: Report): OrderedStop {
  const parts = new Map<PartName, Stoppable>();
  let stopping: Promise<void> | undefined;

  async function end(name: PartName): Promise<void> {
    const part = parts.get(name);
    if (!part) return;
    report(`${name}: stopping`);
    await part.stop().catch((error: unknown) => report(`${name}: did not stop: ${String(error)}`));
  }

  async function stopInOrder(): Promise<void> {
    for (const names of order) await Promise.all(names.map(end));
    if (parts.size > 0) report('everything is stopped');
  }

  return {
    async keep(name, part) {
      parts.set(name, part);
      if (stopping) await end(name);
      return part;
    },
    stopAll: () => (stopping ??= stopInOrder()),
  };
}
