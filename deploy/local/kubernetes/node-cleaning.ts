import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { endControlGroup } from './control-group.ts';
import type { Layout } from './layout.ts';
import { forgetPodAddresses } from './node-network.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Ends every container and removes what it holds: processes, shims, mounts, addresses. For after the kubelet and
 * containerd are gone, by request or by accident. Images and volumes stay.
 */
export async function clearNode(layout: Layout): Promise<void> {
  await endShims(layout);
  await endControlGroup(layout);
  await unmountBelow(`${layout.runDirectory}/`);
  await unmountBelow(`${layout.path('node')}/`);
  forgetPodAddresses(layout);
  removeLogLinks(layout);
  rmSync(layout.runDirectory, { recursive: true, force: true });
}

/** containerd's shims outlive it by design; each names its containerd's socket in its arguments. */
async function endShims(layout: Layout): Promise<void> {
  const gone = () => {
    const shims = processesWithArgument(layout.containerdSocket);
    for (const pid of shims) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return shims.length === 0;
  };
  await waitUntil('container shims did not end', gone, { timeoutMs: 20_000 });
}

function processesWithArgument(argument: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return program.includes('containerd-shim') && args.includes(argument);
      } catch {
        // It ended between the listing and now.
        return false;
      }
    })
    .map(Number);
}

async function unmountBelow(prefix: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    // Spaces and the like are written as octal numbers.
    .map((path) => path.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path.startsWith(prefix));
  // Later mounts may lie on earlier ones.
  for (const path of mounts.reverse()) {
    await runCommand('umount', [path]).catch(() => runCommand('umount', ['--lazy', path]));
  }
}

/** Whatever it is told about logs, a kubelet links each container's in here. */
function removeLogLinks(layout: Layout): void {
  const folder = '/var/log/containers';
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const link = join(folder, entry.name);
    if (entry.isSymbolicLink() && readlinkSync(link).startsWith(`${layout.directory}/`)) rmSync(link);
  }
}
