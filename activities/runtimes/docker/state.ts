import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, StateTool } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { inspectContainer, type Attempt, type Engine } from './engine.ts';
import { isOwn, labels, nameOf, stateNameOf } from './names.ts';
import { isLive } from './ending.ts';
import { changeRecord } from './record.ts';
import { runTool, type ToolBox } from './tool.ts';
import { volumesWith } from './tenant-space.ts';

const imagePatienceMs = 3 * 60_000;

/** One for both directions: two at once would be two programs on a state. */
const boxOf = (ref: InstanceRef, tool: StateTool): ToolBox => ({
  ref,
  image: requireImage(tool.image),
  user: tool.user,
  volume: stateNameOf(ref),
  mountPath: '/state',
  name: `${nameOf(ref)}-tool`,
});

export async function readState(
  engine: Engine,
  ref: InstanceRef,
  tool: StateTool,
  signal: AbortSignal,
): Promise<Readable> {
  await requireAtRest(engine, ref, signal);
  const box = boxOf(ref, tool);
  await engine.images.require(box.image, { patienceMs: imagePatienceMs }, signal);
  return runTool(engine, box, { verb: 'read-state', leftOut: tool.leftOut }, undefined, signal);
}

/** Marks the record with our generation first: an older attempt that wakes up late finds it, and gives up. */
export async function writeState(
  ref: InstanceRef,
  tool: StateTool,
  archive: { content: Readable; sha256: string },
  attempt: Attempt,
): Promise<void> {
  const { engine, fence, signal } = attempt;
  await changeRecord(ref, attempt, (before) => before && { wanted: before });
  await requireAtRest(engine, ref, signal);
  const box = boxOf(ref, tool);
  await engine.images.require(box.image, { patienceMs: imagePatienceMs }, signal);
  fence.assertValid();
  const said = await runTool(engine, box, { verb: 'write-state', sha256: archive.sha256 }, archive.content, signal);
  await text(said);
}

/** The engine would mount a volume that is missing as a new one, and one that is in use as well. */
async function requireAtRest(engine: Engine, ref: InstanceRef, signal: AbortSignal): Promise<void> {
  const [process, volumes] = await Promise.all([
    inspectContainer(engine, nameOf(ref), signal),
    volumesWith(engine, { [labels.instance]: ref.instanceId, [labels.role]: 'state' }, signal),
  ]);
  if (!volumes.some(({ Labels }) => isOwn(Labels, ref))) {
    throw new Problem('instance.state-conflict', 'The instance has no volume on its cluster.');
  }
  if (process && isLive(process.State)) {
    throw new Problem('instance.state-conflict', 'The agent still runs on its state. Stop it first.');
  }
}
