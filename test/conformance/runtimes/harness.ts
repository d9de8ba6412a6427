import type { InstanceRef, Runtime, WorkloadSpec } from '../../../activities/runtimes/runtime.ts';

/** What a driver brings along to prove itself with: a cluster of its kind, looked at from outside of the driver. */
export interface RuntimeHarness {
  /** Why it cannot run here, said in the title of the suite; null where it can. */
  skip: string | null;
  /** A place for one tenant, empty. Asked for several times in a run, also at once: each is a tenant of its own. */
  start(): Promise<Site>;
}

export interface Site {
  runtime: Runtime;
  tenantId: string;
  /**
   * What the agent of the suite is run from here: `agent.ts` on a Node 24, either by an image (its command is in the
   * specification) or by a package whose command runs `agentProgram` and whose environment has `AGENT_PORT: '{port}'`.
   * With an image one also needs `tar`; short processes find `node` on their path either way.
   */
  runs: Pick<WorkloadSpec, 'image' | 'package'>;
  /** Another driver on the same cluster, which knows nothing of the first one: as of a worker that has taken over. */
  successor(): Promise<Runtime>;
  /**
   * As `successor`, with connections of its own to the cluster: `cut` breaks off all of them, and new ones come about.
   * Null where a driver has none.
   */
  severable: (() => Promise<{ runtime: Runtime; cut(): Promise<void> }>) | null;
  /** How many agents of this instance are there right now, also such that are ending; not counted by the driver. */
  agentsOf(ref: InstanceRef): Promise<number>;
  /** What of this tenant is on the cluster, as names for people: objects, processes, folders. Not told by the driver. */
  remains(): Promise<string[]>;
  /** Ends all of it, whatever the tests have left, and closes the drivers. */
  stop(): Promise<void>;
}
