import type { Inside } from '../inside.ts';
import type { Fence } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { exec } from './commands.ts';
import type { Attempt } from './fenced.ts';
import { listFiles, readFile, removeFile, writeFile } from './files.ts';
import { followLogs } from './follow-logs.ts';
import { openTerminal } from './terminals.ts';
import { usage } from './usage.ts';
import type { DnsPolicy } from './workload.ts';

interface Way {
  cluster: Cluster;
  dnsPolicy: DnsPolicy;
  faultsNamed<T>(signal: AbortSignal, call: (cluster: Cluster) => Promise<T>): Promise<T>;
  fenced(fence: Fence, signal: AbortSignal, call: (attempt: Attempt) => Promise<void>): Promise<void>;
}

/** By the API server's logs and programs that are started in the pod: nothing of it takes a right over nodes. */
export function insideOf({ cluster, dnsPolicy, faultsNamed, fenced }: Way): Inside {
  const unfenced = { cluster, dnsPolicy, assertValid: () => undefined };
  return {
    followLogs: (ref, { lines }, signal) => followLogs(cluster, ref, lines, signal),
    exec: (ref, command, signal) => faultsNamed(signal, () => exec(cluster, ref, command, signal)),
    openTerminal: (ref, command, signal) => faultsNamed(signal, () => openTerminal(cluster, ref, command, signal)),
    usage: (ref, signal) => faultsNamed(signal, () => usage(cluster, ref, signal)),
    listFiles: (ref, path, signal) => faultsNamed(signal, () => listFiles(path, { ...unfenced, ref, signal })),
    readFile: (ref, path, signal) => faultsNamed(signal, () => readFile(path, { ...unfenced, ref, signal })),
    writeFile: (ref, path, content, fence, signal) =>
      fenced(fence, signal, (attempt) => writeFile(path, content, ref, attempt, dnsPolicy)),
    removeFile: (ref, path, fence, signal) =>
      fenced(fence, signal, (attempt) => removeFile(path, ref, attempt, dnsPolicy)),
  };
}
