import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Probe } from '../adapters/adapter.ts';
import { isOver } from './look.ts';
import { gatewayTokenOf, targetOf, wantedOf, type InstanceStep } from './target.ts';

const pollMs = 700;
const answersWithinMs = 60_000;
/** One that answers wrongly may still be at its migrations, for a moment. */
const rightWithinMs = 10_000;

/** @throws Problem 'agent.probe-failed', 'agent.unauthorized' */
export async function probeAgent(step: InstanceStep): Promise<void> {
  const { deps, operation, signal } = step;
  const { adapter, ref, runtime } = await targetOf(step);
  const { workload } = await wantedOf(step, operation.revision);
  const { port } = adapter.rules.workload(workload);
  const agent = { runtime, ref, port, gatewayToken: await gatewayTokenOf(deps, ref) };
  for (;;) {
    const probe = await ask();
    if (probe.state === 'passed') return;
    const patienceMs = probe.state === 'failed' ? rightWithinMs : answersWithinMs;
    if (isOver(step, patienceMs)) throw new Problem('agent.probe-failed', probe.reason);
    await sleep(pollMs, undefined, { signal });
  }

  async function ask(): Promise<Probe> {
    try {
      return await adapter.probe(agent, signal);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'agent.unreachable') throw error;
      return { state: 'pending', reason: error.detail ?? 'the agent does not answer' };
    }
  }
}
