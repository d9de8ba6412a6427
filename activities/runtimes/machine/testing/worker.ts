// A worker of its own, to be killed: starts an instance and restarts it over and over, until it is.
import { machineRuntime } from '../index.ts';
import { buildMachineSpec } from './machine.ts';

const [directory = '', cache = '', tenantId = '', instanceId = ''] = process.argv.slice(2);
const runtime = machineRuntime({ clusterId: 'of-a-worker', directory, cache, host: { kind: 'local' } });
const ref = { tenantId, projectId: tenantId, instanceId, name: 'of a worker' };
const never = new AbortController().signal;

for (let generation = 1; ; generation += 1) {
  const fence = { operationId: `operation-${generation}`, generation, assertValid: () => undefined };
  await runtime.ensureInstance(ref, buildMachineSpec({ environment: { ROUND: String(generation) } }), fence, never);
  await runtime.power(ref, generation % 5 === 0 ? 'off' : 'on', fence, never);
  await runtime.restart(ref, `token-${generation}`, fence, never);
  process.stdout.write(`${generation}\n`);
}
