import type { AdapterRules } from '../adapter.ts';
import { check } from './check.ts';
import type { AgentKindDescription } from './description.ts';
import { render } from './render.ts';
import { isHotChange, workload } from './workload.ts';

/** The rules of a kind that is described by data. */
export const describedRules = (description: AgentKindDescription): AdapterRules => ({
  kind: description.kind,
  capabilities: {
    hotConfiguration: description.configuration.reload.by !== 'restart',
    nativeValidation: false,
    proof: description.proof !== null,
    suspend: false,
    downgradeNeedsState: description.downgradeNeedsState,
    usageSince: description.usage === null ? null : '0',
  },
  defaultResources: description.resources.default,
  minimumResources: description.resources.minimum,
  gatewayTokenVariable: description.gatewayTokenVariable,
  port: description.port,
  derivedSecrets: () => ({}),
  check: (configuration) => check(description, configuration),
  render: (configuration) => render(description, configuration),
  workload: (input) => workload(description, input),
  isHotChange: (before, after) => isHotChange(description, before, after),
});
