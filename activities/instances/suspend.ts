import { setTimeout as sleep } from 'node:timers/promises';
import { Backup } from '../../server/backups/backup.entity.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter, AgentHandle } from '../adapters/adapter.ts';
import { copyBeforeSwap, ensureBackupRow } from '../backups/backup-row.ts';
import { isOver, look } from './look.ts';
import { gatewayTokenOf, targetOf, wantedOf, type InstanceStep, type Target } from './target.ts';

const pollMs = 500;
/** OpenClaw answers this question 30 times a minute. */
const askEveryMs = 3_000;
/** A lease of OpenClaw's lasts two minutes. */
const renewEveryMs = 20_000;
const leaseEndsMs = 130_000;
/** Beyond an agent's own longest drain. */
const stoppedWithinMs = 10 * 60_000;
/** Of a process that crashes, or does not come up. */
const silentForMs = 20_000;
const marksAtMost = 3;

/** The agent of an instance; null where no process is there. A suspended one calls itself not ready, and still answers. */
export async function presentAgent(step: InstanceStep, target: Target): Promise<AgentHandle | null> {
  const { adapter, ref, runtime } = target;
  const { processPresent, terminating } = await look(step, target);
  if (!processPresent || terminating) return null;
  const { workload } = await wantedOf(step, step.operation.previousRevision);
  const { port } = adapter.rules.workload(workload);
  return { runtime, ref, port, gatewayToken: await gatewayTokenOf(step.deps, ref) };
}

/**
 * Closes the agent and notes what it had done by then. The storage is asked first: while it is away the agent goes on.
 * @throws Problem 'agent.busy' when it does not come to rest in time
 */
export async function suspendAgent(step: InstanceStep): Promise<void> {
  await step.deps.store.check(step.signal);
  const row = await ensureBackupRow(step, copyBeforeSwap(step));
  const target = await targetOf(step);
  const agent = await presentAgent(step, target);
  if (!agent) return;
  await patiently(step, target, async () => {
    for (let marks = row.workMark ? marksAtMost : 0; marks < marksAtMost; marks++) {
      const mark = await openMark(step, target.adapter, agent);
      // Taken between two calls of milliseconds, with nothing under way: that is what the copy will hold.
      if ((await suspended(step, target.adapter, agent)) === 'at once') return keepMark(step, row.id, mark);
      if (marks < marksAtMost - 1) await target.adapter.resume(agent, step.operation.id, step.signal);
    }
    await suspended(step, target.adapter, agent);
  });
}

/** Ends the process; until it is gone the lease is prolonged, so that no work is begun that would be cut off. */
export async function stopForCopy(step: InstanceStep): Promise<void> {
  const { fence, operation, signal } = step;
  const target = await targetOf(step);
  const { adapter, ref, runtime } = target;
  const agent = await presentAgent(step, target);
  // A lease that was lost meanwhile is taken again.
  if (agent) await patiently(step, target, () => suspended(step, adapter, agent));
  await runtime.power(ref, 'off', fence, signal);
  for (let renewedAtMs = Date.now(); (await look(step, target)).processPresent;) {
    if (isOver(step, stoppedWithinMs)) throw new Problem('instance.state-conflict', 'The process did not end.');
    if (agent && Date.now() - renewedAtMs > renewEveryMs) {
      renewedAtMs = Date.now();
      await adapter.suspend?.(agent, operation.id, signal).catch(unlessGone);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** Undo of a suspension. A lease that nobody prolongs ends by itself, so that after a while there is nothing to do. */
export async function resumeAgent(step: InstanceStep): Promise<void> {
  await step.transaction((tx) => giveUpCopy(tx, step.operation.id));
  const target = await targetOf(step);
  const agent = await presentAgent(step, target);
  if (!agent) return;
  try {
    await target.adapter.resume(agent, step.operation.id, step.signal);
  } catch (error) {
    if (error instanceof Problem && error.code === 'agent.unreachable' && isOver(step, leaseEndsMs)) return;
    throw error;
  }
}

/** Being suspended already, by an attempt that died, it does not answer. */
async function openMark({ operation, signal }: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<string> {
  try {
    return await adapter.workMark(agent, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'agent.unreachable') throw error;
    await adapter.resume(agent, operation.id, signal);
    return adapter.workMark(agent, signal);
  }
}

async function suspended(
  step: InstanceStep,
  adapter: Adapter,
  agent: AgentHandle,
): Promise<'at once' | 'after its work'> {
  for (let asked = 0; ; asked++) {
    const now = (await adapter.suspend?.(agent, step.operation.id, step.signal)) ?? { state: 'ready' as const };
    if (now.state === 'ready') return asked === 0 ? 'at once' : 'after its work';
    if (isOver(step, step.deps.restPatienceMs)) throw new Problem('agent.busy', now.reason);
    await step.waitingFor({ code: 'agent.busy', detail: now.reason });
    await sleep(askEveryMs, undefined, { signal: step.signal });
  }
}

/** One that neither is ready nor answers has nothing to let go of; one that is ready is asked for as long as it may be busy. */
async function patiently(step: InstanceStep, target: Target, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'agent.unreachable') throw error;
    if (isOver(step, silentForMs) && !(await look(step, target)).ready) return;
    if (isOver(step, step.deps.restPatienceMs)) throw new Problem('agent.busy', error.detail);
    throw error;
  }
}

/** A copy that was not even begun. */
const giveUpCopy = async ({ em }: Transaction, operationId: string): Promise<void> => {
  const error = { code: 'backup.failed', detail: 'The operation ended before the copy was made.' } as const;
  for (const copy of await em.find(Backup, { operationId, phase: 'Writing' }))
    em.assign(copy, { phase: 'Failed', error });
};

const keepMark = (step: InstanceStep, id: string, workMark: string): Promise<void> =>
  step.transaction(async ({ em }) => {
    em.assign(await em.findOneOrFail(Backup, { id }), { workMark });
  });

function unlessGone(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== 'agent.unreachable') throw error;
}
