import type { ObservedInstance } from './runtime.ts';

/** How an instance shows of which nothing is left on its cluster. */
export const goneInstance = ({
  instanceId,
  tenantId,
}: Pick<ObservedInstance, 'instanceId' | 'tenantId'>): ObservedInstance => ({
  instanceId,
  tenantId,
  exists: false,
  generation: 0,
  revision: null,
  configurationHash: null,
  power: null,
  processPresent: false,
  processId: null,
  current: false,
  ready: false,
  terminating: false,
  restarts: 0,
  reason: null,
  message: null,
  exitCode: null,
  startedAt: null,
  volumePresent: false,
});
