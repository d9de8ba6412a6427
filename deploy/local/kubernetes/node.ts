import { mkdirSync, readFileSync } from 'node:fs';
import type { Report } from '../report.ts';
import { ensureControlGroup } from './control-group.ts';
import { containerPids, removeContainers } from './images.ts';
import type { Layout } from './layout.ts';
import { clearNode } from './node-cleaning.ts';
import { ensureNetwork, removeNetwork } from './node-network.ts';
import { networkConfigFolder } from './node-parts.ts';
import type { RunnablePart } from './part.ts';
import { processIdentity } from './process-identity.ts';
import { ensureSandboxImage } from './sandbox-image.ts';
import { waitUntil } from './wait-until.ts';

const containersEndTimeoutMs = 10_000;

/** Starts containerd with all that the kubelet will ask of it. */
export async function startContainerRuntime(
  layout: Layout,
  containerd: RunnablePart,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  mkdirSync(layout.runDirectory, { recursive: true, mode: 0o711 });
  ensureControlGroup(layout);
  await ensureNetwork(layout, networkConfigFolder(layout));
  await containerd.start(signal);
  if ((await removeContainers(layout)) > 0) {
    report('clearing containers of an earlier run');
    // It reads what there is only when it starts, and the kubelet would go through the dead ones one by one.
    await containerd.stop();
    await containerd.start(signal);
  }
  await ensureSandboxImage(layout);
}

/** Ends the node: containers get a moment to end by themselves. */
export async function stopNode(layout: Layout, parts: ReadonlyMap<string, RunnablePart>): Promise<void> {
  // First: it would start again what ends.
  await parts.get('kubelet')?.stop();
  const containerd = parts.get('containerd');
  if (containerd?.pid !== undefined) {
    await containerd.kill('SIGCONT');
    await endContainers(layout);
    await containerd.stop();
  }
  await clearNode(layout);
  await removeNetwork(layout);
}

async function endContainers(layout: Layout): Promise<void> {
  const pids = (await containerPids(layout)).filter((pid) => !isSandbox(pid));
  for (const pid of pids) if (processIdentity(pid)) process.kill(pid, 'SIGTERM');
  const ended = () => pids.every((pid) => processIdentity(pid) === undefined);
  // Those that take longer are killed with their control group.
  await waitUntil('containers did not end', ended, { timeoutMs: containersEndTimeoutMs }).catch(() => {});
}

/** A sandbox's only process ignores what asks it to end. */
function isSandbox(pid: number): boolean {
  return (
    processIdentity(pid) === undefined || readFileSync(`/proc/${pid}/cmdline`, 'utf8') === '/bin/sleep\0infinity\0'
  );
}
