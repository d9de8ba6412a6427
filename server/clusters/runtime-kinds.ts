/** What has to be known of a kind of cluster where no driver is ever loaded. */
interface RuntimeFacts {
  /** What an agent version is run from there. */
  runsFrom: 'image' | 'package';
  /** False: agents of one tenant could reach those of another, so that such a cluster belongs to one tenant. */
  isolatesTenants: boolean;
}

/** Held equal to what the drivers say of themselves by a test beside them. */
export const runtimeKinds = {
  kubernetes: { runsFrom: 'image', isolatesTenants: true },
  machine: { runsFrom: 'package', isolatesTenants: false },
  docker: { runsFrom: 'image', isolatesTenants: true },
  podman: { runsFrom: 'image', isolatesTenants: true },
} as const satisfies Record<string, RuntimeFacts>;

export type RuntimeKind = keyof typeof runtimeKinds;

interface RunsFrom {
  image?: string | null | undefined;
  package?: string | null | undefined;
}

/** Whether an agent version has what this kind of cluster runs. */
export const canRun = (runtime: RuntimeKind, version: RunsFrom): boolean =>
  Boolean(version[runtimeKinds[runtime].runsFrom]);

export const belongsToOneTenant = (runtime: RuntimeKind): boolean => !runtimeKinds[runtime].isolatesTenants;
