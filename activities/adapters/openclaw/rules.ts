import type { AdapterRules } from '../adapter.ts';
import { check } from './check.ts';
import { isHotChange } from './hot-change.ts';
import { usageSince } from './assets.ts';
import { derivedSecrets } from './metrics-token.ts';
import { gatewayPort, gatewayTokenVariable } from './process.ts';
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
    usageSince,
  },
  defaultResources,
  minimumResources,
  gatewayTokenVariable,
  port: gatewayPort,
  derivedSecrets,
  check,
  render,
  workload,
  isHotChange,
};
