import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OperationKind } from '../../workflows/contracts/operations.ts';
import { phaseOf, type DesiredFacts, type ObservedFacts } from './phase-of.ts';

const running: ObservedFacts = {
  exists: true,
  processPresent: true,
  ready: true,
  current: true,
  exitCode: null,
  reason: null,
};
const gone: ObservedFacts = { ...running, exists: false, processPresent: false, ready: false, current: false };
const wanted: DesiredFacts = { power: 'on', everLive: true, placed: true, deleted: false, lastErrorCode: null };

describe('the phase of an instance', () => {
  it.each([
    ['Running', wanted, running, null],
    ['Degraded', wanted, { ...running, ready: false }, null],
    ['Degraded', wanted, { ...running, current: false }, null],
    ['Degraded', wanted, gone, null],
    ['Stopped', { ...wanted, power: 'off' }, { ...gone, exists: true }, null],
    ['Stopping', { ...wanted, power: 'off' }, running, null],
    ['Unknown', wanted, null, null],
    ['Unknown', wanted, { ...running, reason: 'NodeLost' }, null],
    ['Misconfigured', wanted, { ...running, ready: false, exitCode: 78 }, null],
    ['Misconfigured', { ...wanted, lastErrorCode: 'agent.misconfigured' }, { ...gone, exists: true }, null],
    ['Failed', { ...wanted, everLive: false, placed: false, lastErrorCode: 'agent.crashed' }, gone, null],
    ['Failed', { ...wanted, everLive: false, placed: false, lastErrorCode: 'agent.crashed' }, null, null],
    ['Unknown', { ...wanted, everLive: false, lastErrorCode: 'operation.lost' }, null, null],
    ['Deleted', { ...wanted, deleted: true }, gone, OperationKind.InstancePurge],
    ['Deleting', wanted, running, OperationKind.InstanceDelete],
    ['Updating', wanted, running, OperationKind.InstanceUpdate],
    ['Running', wanted, running, OperationKind.InstanceSync],
  ] as const)('is %s', (phase, desired, observed, operation) => {
    expect(phaseOf(desired, observed, operation)).toBe(phase);
  });

  it('never says Running of what is not ready, whatever else is true', () => {
    const desired = fc.record<DesiredFacts>({
      power: fc.constantFrom('on', 'off'),
      everLive: fc.boolean(),
      placed: fc.boolean(),
      deleted: fc.boolean(),
      lastErrorCode: fc.constantFrom(null, 'agent.misconfigured', 'agent.crashed'),
    });
    const observed = fc.record<ObservedFacts>({
      exists: fc.boolean(),
      processPresent: fc.boolean(),
      ready: fc.constant(false),
      current: fc.boolean(),
      exitCode: fc.constantFrom(null, 0, 1, 78),
      reason: fc.constantFrom(null, 'CrashLoopBackOff', 'NodeLost'),
    });
    const operation = fc.constantFrom(null, ...Object.values(OperationKind));
    fc.assert(fc.property(desired, fc.option(observed), operation, (d, o, kind) => phaseOf(d, o, kind) !== 'Running'));
  });
});
