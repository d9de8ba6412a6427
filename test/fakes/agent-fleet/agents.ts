import { scriptOf, type Rule, type Script } from './script.ts';
import { Usage } from './usage.ts';

/** A process of an agent, which is a pod that runs. */
export interface AgentProcess {
  uid: string;
  startedAtMs: number;
  ready: boolean;
  usage: Usage;
  suspended: boolean;
}

interface FileVersion {
  text: string;
  fromMs: number;
}

/** One instance, as its objects on the cluster say what it is. */
export class Agent {
  labels: Record<string, string> = {};
  /** Variable -> clear value. */
  secrets: Record<string, string> = {};
  process: AgentProcess | null = null;
  /** The newest last. */
  #files: FileVersion[] = [];

  /** The file has changed, as the cluster tells it. */
  swap(text: string, nowMs = Date.now()): void {
    if (this.#files.at(-1)?.text === text) return;
    const isFirst = this.#files.length === 0;
    this.#files = [...this.#files.slice(-4), { text, fromMs: isFirst ? 0 : nowMs }];
  }

  /** A new process reads what is there. */
  begin(uid: string, nowMs = Date.now()): void {
    this.#files = this.#files.slice(-1).map(({ text }) => ({ text, fromMs: 0 }));
    this.process = { uid, startedAtMs: nowMs, ready: false, usage: new Usage(nowMs), suspended: false };
  }

  /** What the process works with, so long after a change. */
  readAfter(seconds: number, nowMs = Date.now()): string | undefined {
    return this.#files.findLast(({ fromMs }) => fromMs + seconds * 1_000 <= nowMs)?.text;
  }
}

/** All agents of a cluster, by instance, and what they do. */
export class Agents {
  readonly byId = new Map<string, Agent>();
  #rules: readonly Rule[] = [];

  of(instanceId: string): Agent {
    const known = this.byId.get(instanceId) ?? new Agent();
    this.byId.set(instanceId, known);
    return known;
  }

  scriptOf(labels: Readonly<Record<string, string>>): Script {
    return scriptOf(this.#rules, labels);
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** What was used until now was used by the rules until now. */
  obey(rules: readonly Rule[]): void {
    for (const { labels, process } of this.byId.values()) process?.usage.accrue(this.scriptOf(labels));
    this.#rules = rules;
  }
}
