import type { AdapterRules } from '../adapter.ts';
import { check } from './check.ts';
import { gatewayTokenVariable, port } from './process.ts';
import { render } from './render.ts';
import { defaultResources, isHotChange, minimumResources, workload } from './workload.ts';

/** OpenCode without talking to it. */
export const openCodeRules: AdapterRules = {
  kind: 'opencode',
  capabilities: {
    hotConfiguration: false,
    nativeValidation: true,
    proof: true,
    suspend: false,
    downgradeNeedsState: true, // a newer program migrates its database, and has no way back
    usageSince: '1.18.0',
  },
  defaultResources,
  minimumResources,
  gatewayTokenVariable,
  port,
  derivedSecrets: () => ({}),
  check,
  render,
  workload,
  isHotChange,
};
