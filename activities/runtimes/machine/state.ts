import type { Readable } from 'node:stream';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, StateTool } from '../runtime.ts';
import { identityOf, stampOf, type Attempt } from './fenced.ts';
import { contentOf } from './inside.ts';
import type { Keeper } from './keeper.ts';
import { markVolume } from './power.ts';

export async function readState(
  keeper: Keeper,
  ref: InstanceRef,
  { leftOut }: StateTool,
  signal: AbortSignal,
): Promise<Readable> {
  return contentOf(await keeper.open('read-state', { ...identityOf(ref), leftOut }, signal), signal);
}

/** Marks the volume with our generation first: an older attempt that wakes up late finds it, and gives up. */
export async function writeState(
  ref: InstanceRef,
  archive: { content: Readable; sha256: string },
  attempt: Attempt,
): Promise<void> {
  const { keeper, fence, signal } = attempt;
  await markVolume(ref, attempt);
  const args = { ...identityOf(ref), sha256: archive.sha256, stamp: stampOf(fence) };
  const line = await keeper.open('write-state', args, signal);
  try {
    await line.accepted();
    await line.sendAll(archive.content, () => fence.assertValid());
    await line.outcome();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Problem) throw error;
    throw new Problem('backup.failed', 'The archive could not be read.', { cause: error });
  } finally {
    line.end();
  }
}
