/** How agents behave. Seconds may be fractions. */
export interface Script {
  /** From the start of the process until it is ready. */
  readySeconds: number;
  isReady: boolean;
  /**
   * From the request to end until the process has. Not 0: the controller of StatefulSets deletes by name what its cache
   * still shows, and would so end the process that came after one that had gone at once.
   */
  stopSeconds: number;
  /** From a change of its configuration until it has taken it up; with 0 it does so at once. */
  proveSeconds: number;
  /** Takes up no configuration any more, and says so. */
  refusesConfiguration: boolean;
  /** The version's own program finds every configuration invalid. */
  failsChecks: boolean;
  /** Accepts connections and never answers. */
  isSilent: boolean;
  /** Calls to a model, while it is ready. */
  callsPerMinute: number;
  /** Share of them that fail, 0 to 1. */
  errorShare: number;
  tokensPerCall: number;
  costMicrosPerCall: number;
}

/** Part of a script, for the agents that carry all these labels on the cluster. Later rules win. */
export interface Rule {
  /** Such as `open-cluster-claw.io/instance`; left out: all agents. */
  labels?: Record<string, string>;
  script: Partial<Script>;
}

const byDefault: Script = {
  readySeconds: 0,
  isReady: true,
  stopSeconds: 1.5,
  proveSeconds: 5,
  refusesConfiguration: false,
  failsChecks: false,
  isSilent: false,
  callsPerMinute: 0,
  errorShare: 0,
  tokensPerCall: 1_000,
  costMicrosPerCall: 500,
};

/** The script of an agent with these labels. */
export function scriptOf(rules: readonly Rule[], labels: Readonly<Record<string, string>>): Script {
  const fits = (rule: Rule): boolean =>
    Object.entries(rule.labels ?? {}).every(([key, value]) => labels[key] === value);
  return Object.assign({ ...byDefault }, ...rules.filter(fits).map(({ script }) => script)) as Script;
}
