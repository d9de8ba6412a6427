import type { AdapterRules } from '../adapter.ts';
import { check } from './check.ts';
import { isHotChange } from './hot-change.ts';
import { gatewayTokenVariable } from './process.ts';
import { render } from './render.ts';
import { defaultResources, minimumResources, workload } from './workload.ts';

/** OpenClaw without talking to it. */
export const openClawRules: AdapterRules = {
  kind: 'openclaw',
  capabilities: {
    hotConfiguration: true,
    nativeValidation: true,
    proof: true,
    suspend: true,
    downgradeNeedsState: true,
  },
  defaultResources,
  minimumResources,
  gatewayTokenVariable,
  check,
  render,
  workload,
  isHotChange,
};
