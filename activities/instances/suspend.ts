import { setTimeout as sleep } from 'node:timers/promises';
import { Backup } from '../../server/backups/backup.entity.ts';
import { discardCopy } from '../../server/backups/commands/keep-copy.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter, AgentHandle } from '../adapters/adapter.ts';
import { copyBeforeSwap, ensureBackupRow } from '../backups/backup-row.ts';
import { closeWithMark, isUnreachable, keepClosed } from './keep-closed.ts';
import { isOver, look } from './look.ts';
import { gatewayTokenOf, targetOf, wantedOf, type InstanceStep, type Target } from './target.ts';

const pollMs = 500;
/** One that ends does not answer any more, or has a hiccup. */
const askAgainMs = 3_000;
/** A lease of OpenClaw's lasts two minutes. */
const leaseEndsMs = 130_000;
/** Beyond an agent's own longest drain. */
const stoppedWithinMs = 10 * 60_000;
/** Of a process that crashes, or does not come up. */
const silentForMs = 20_000;

/** The agent of an instance; null where no process is there. A suspended one calls itself not ready, and still answers. */
export async function presentAgent(step: InstanceStep, target: Target): Promise<AgentHandle | null> {
  const { processPresent, terminating } = await look(step, target);
  return processPresent && !terminating ? agentOf(step, target) : null;
}

async function agentOf(step: InstanceStep, { adapter, ref, runtime }: Target): Promise<AgentHandle> {
  const { workload } = await wantedOf(step, step.operation.previousRevision);
  const { port } = adapter.rules.workload(workload);
  return { runtime, ref, port, gatewayToken: await gatewayTokenOf(step.deps, ref) };
}

/**
 * Closes the agent and notes what it had done by then. The storage is asked first: while it is away the agent goes on.
 * @throws Problem 'agent.busy' when it does not come to rest in time
 */
export async function suspendAgent(step: InstanceStep): Promise<void> {
  await step.deps.storage.platform.check(step.signal);
  const { workMark } = await ensureBackupRow(step, copyBeforeSwap(step));
  const target = await targetOf(step);
  const agent = await presentAgent(step, target);
  if (!agent) return;
  // With a mark an attempt before this one had closed it.
  const close = workMark ? keepClosed : closeWithMark;
  await patiently(step, target, () => close(step, target.adapter, agent));
}

/** Ends the process; until it is gone the lease is prolonged, so that no work is begun that would be cut off. */
export async function stopForCopy(step: InstanceStep): Promise<void> {
  const { fence, signal } = step;
  const target = await targetOf(step);
  const { adapter, ref, runtime } = target;
  const { processPresent, terminating } = await look(step, target);
  const agent = processPresent ? await agentOf(step, target) : null;
  if (agent && !terminating) await patiently(step, target, () => keepClosed(step, adapter, agent));
  await runtime.power(ref, 'off', fence, signal);
  for (let renewAtMs = Date.now(); (await look(step, target)).processPresent;) {
    if (isOver(step, stoppedWithinMs)) throw new Problem('instance.state-conflict', 'The process did not end.');
    if (agent && Date.now() > renewAtMs) renewAtMs = Date.now() + (await whileItAnswers(step, adapter, agent));
    await sleep(pollMs, undefined, { signal });
  }
}

/** @returns after how long it is to be asked again */
async function whileItAnswers(step: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<number> {
  try {
    return await keepClosed(step, adapter, agent);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return askAgainMs;
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
    if (isUnreachable(error) && isOver(step, leaseEndsMs)) return;
    throw error;
  }
}

/** One that neither is ready nor answers has nothing to let go of; one that is ready is asked for as long as it may be busy. */
async function patiently(step: InstanceStep, target: Target, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    if (isOver(step, silentForMs) && !(await look(step, target)).ready) return;
    if (isOver(step, step.deps.restPatienceMs)) throw new Problem('agent.busy', error.detail);
    throw error;
  }
}

/** A copy that was not even begun. */
const giveUpCopy = async ({ em }: Transaction, operationId: string): Promise<void> => {
  const error = { code: 'backup.failed', detail: 'The operation ended before the copy was made.' } as const;
  for (const copy of await em.find(Backup, { operationId, phase: 'Writing' })) discardCopy(copy, error);
};
