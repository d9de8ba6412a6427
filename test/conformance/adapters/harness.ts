import type { Adapter } from '../../../activities/adapters/adapter.ts';
import type { UnifiedConfigurationInput } from '../../../activities/adapters/configuration.ts';
import type { AgentProcess } from './agent-process.ts';

/** What an adapter brings along, so that one suite can say the same of every kind of agent. */
export interface AdapterHarness {
  adapter: Adapter;
  /** Name and exact version. */
  package: string;
  program: string;
  /** The rules of the platform refuse it, at this place. */
  owned: { native: Record<string, unknown>; pointer: string };
  /** The rules let it pass, the agent's own program does not. */
  refused: { native: Record<string, unknown>; pointer: string };
  /** A change that the agent takes. */
  change: UnifiedConfigurationInput;
  /** One turn of a conversation, by the agent's own means. @returns the answer; throws where none is given */
  say(agent: AgentProcess, conversation: string, text: string): Promise<string>;
}
