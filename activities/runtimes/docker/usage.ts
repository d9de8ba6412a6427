import { z } from 'zod';

import type { ProcessUsage } from '../inside.ts';
import type { InstanceRef } from '../runtime.ts';
import { inspectContainer, soon, type Engine } from './engine.ts';
import { isOwn, nameOf } from './names.ts';

const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().optional(),
    stats: z.record(z.string(), z.number()).nullish(),
  }),
});

export async function usage(engine: Engine, ref: InstanceRef, signal: AbortSignal): Promise<ProcessUsage | null> {
  const process = await inspectContainer(engine, nameOf(ref), signal);
  if (!process?.State.Running || process.State.Restarting || !isOwn(process.Config.Labels, ref)) return null;
  const container = engine.docker.getContainer(process.Id);
  // One look: otherwise the engine takes a second for the rate, which Podman gets wrong.
  const found = await container.stats({ stream: false, 'one-shot': true, ...soon(signal) } as {});
  const { cpu_stats: cpu, memory_stats: memory } = statsSchema.parse(found);
  if (memory.usage === undefined) return null;
  // As the engine's own program: what is cached of files is no use of the process.
  const cached = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
  return {
    cpuSeconds: cpu.cpu_usage.total_usage / 1e9,
    memoryBytes: memory.usage - (cached < memory.usage ? cached : 0),
    restarts: process.RestartCount,
    at: new Date().toISOString(),
  };
}
