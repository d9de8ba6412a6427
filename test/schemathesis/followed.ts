import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the stateful phase did, counted from the report of its events. */
export interface Followed {
  scenarios: number;
  /** Requests that came out of an earlier answer, by `operation status -> link -> operation`. */
  links: Map<string, number>;
  /** Links one after the other, at most. */
  longest: number;
}

interface RecordedCase {
  parent_id?: string;
  transition?: { id: string };
  /** Whether the request has taken anything from that answer; it may also try something else. */
  is_transition_applied?: boolean;
}
interface Finished {
  phase: string;
  recorder: { cases?: Record<string, RecordedCase> };
}

/** @param file newline-delimited JSON, an event of the engine a line (`--report-ndjson-path`) */
export async function readFollowed(file: string): Promise<Followed> {
  const followed: Followed = { scenarios: 0, links: new Map(), longest: 0 };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (!line.startsWith('{"ScenarioFinished":')) continue;
    const { ScenarioFinished: finished } = JSON.parse(line) as { ScenarioFinished: Finished };
    if (finished.phase === 'stateful') count(followed, finished.recorder.cases ?? {});
  }
  return followed;
}

function count(followed: Followed, cases: Record<string, RecordedCase>): void {
  followed.scenarios += 1;
  for (const one of Object.values(cases)) {
    if (!one.transition || one.is_transition_applied !== true) continue;
    followed.links.set(one.transition.id, (followed.links.get(one.transition.id) ?? 0) + 1);
    followed.longest = Math.max(followed.longest, depthOf(one, cases));
  }
}

function depthOf(one: RecordedCase, cases: Record<string, RecordedCase>): number {
  let depth = 0;
  for (let at: RecordedCase | undefined = one; at?.parent_id; at = cases[at.parent_id]) {
    if (at.is_transition_applied) depth += 1;
  }
  return depth;
}
