import { setTimeout as sleep } from 'node:timers/promises';
import { Backup } from '../../server/backups/backup.entity.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter, AgentHandle } from '../adapters/adapter.ts';
import { copyBeforeSwap, ensureBackupRow } from '../backups/backup-row.ts';
import { isOver } from './look.ts';
import type { InstanceStep } from './target.ts';

/** OpenClaw answers this question 30 times a minute. */
const askEveryMs = 3_000;
const renewAtMostAfterMs = 20_000;
/** An attempt at a renewal may fail, and the clocks of two machines may differ. */
const renewalsOfLease = 6;
const marksAtMost = 3;

/**
 * Closes the agent for new work and notes what it had done by then: a copy that is made afterwards holds just that.
 * @returns after how long it has to be asked again to stay closed
 * @throws Problem 'agent.busy' when it does not come to rest in time, and those of `prove`
 */
export async function closeWithMark(step: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<number> {
  const { id, workMark } = await ensureBackupRow(step, copyBeforeSwap(step));
  // Of before: an attempt that ends here must not leave it to the next one as if it were still true.
  if (workMark) await keepMark(step, id, null);
  for (let marks = 0; marks < marksAtMost; marks++) {
    const mark = await openMark(step, adapter, agent);
    const { atOnce, renewAfterMs } = await close(step, adapter, agent);
    // Taken between two calls of milliseconds, with nothing under way: that is what the copy will hold.
    if (atOnce) {
      await keepMark(step, id, mark);
      return renewAfterMs;
    }
    if (marks < marksAtMost - 1) await adapter.resume(agent, step.operation.id, step.signal);
  }
  return (await close(step, adapter, agent)).renewAfterMs;
}

/** Prolongs that; one whose lease was lost has done who knows what since, so that its mark is taken anew. */
export async function keepClosed(step: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<number> {
  if (await isOpen(step, adapter, agent)) return closeWithMark(step, adapter, agent);
  return (await close(step, adapter, agent)).renewAfterMs;
}

/** Asked for its work, one that is closed does not answer. */
async function isOpen({ signal }: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<boolean> {
  try {
    await adapter.workMark(agent, signal);
    return true;
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  }
}

/** One that an attempt which died has closed is opened for the question. */
async function openMark({ operation, signal }: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<string> {
  try {
    return await adapter.workMark(agent, signal);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    await adapter.resume(agent, operation.id, signal);
    return adapter.workMark(agent, signal);
  }
}

interface Closed {
  /** Nothing was under way. */
  atOnce: boolean;
  renewAfterMs: number;
}

async function close(step: InstanceStep, adapter: Adapter, agent: AgentHandle): Promise<Closed> {
  for (let asked = 0; ; asked++) {
    const now = (await adapter.suspend?.(agent, step.operation.id, step.signal)) ?? {
      state: 'ready' as const,
      leaseMs: null,
    };
    if (now.state === 'ready') {
      const renewAfterMs = now.leaseMs === null ? renewAtMostAfterMs : now.leaseMs / renewalsOfLease;
      return { atOnce: asked === 0, renewAfterMs: Math.min(Math.max(renewAfterMs, askEveryMs), renewAtMostAfterMs) };
    }
    if (isOver(step, step.deps.restPatienceMs)) throw new Problem('agent.busy', now.reason);
    await step.waitingFor({ code: 'agent.busy', detail: now.reason });
    await sleep(askEveryMs, undefined, { signal: step.signal });
  }
}

const keepMark = (step: InstanceStep, id: string, workMark: string | null): Promise<void> =>
  step.transaction(async ({ em }) => {
    em.assign(await em.findOneOrFail(Backup, { id }), { workMark });
  });

export const isUnreachable = (error: unknown): error is Problem =>
  error instanceof Problem && error.code === 'agent.unreachable';
