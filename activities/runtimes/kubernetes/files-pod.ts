import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { withoutWorkload } from './ensure.ts';
import { isQuotaRefusal, isStatus } from './faults.ts';
import { containerName, labels, placeOf, platformName } from './names.ts';
import type { Kinds, Manifest, Stored } from './objects.ts';
import { judge } from './one-shot-verdict.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';
import { restrictedContainer } from './restricted.ts';
import type { RunningPod } from './running-pod.ts';
import type { DnsPolicy } from './workload.ts';

const startedWithinMs = 3 * 60_000;
const pollMs = 200;
const statePath = '/state';
const memoryBytes = 128 * 1024 ** 2;
/** For when its own end does not come; no file takes so long. */
const deadlineSeconds = 60 * 60;

/** Ends when nobody has run anything beside it for ten seconds, so that whoever lists one folder lists the next one fast. */
const program = `
const { readdirSync } = require('node:fs');
const others = () => readdirSync('/proc').some((name) => /^\\d+$/.test(name) && name !== String(process.pid));
let quietSince = Date.now();
setInterval(() => {
  if (others()) quietSince = Date.now();
  else if (Date.now() - quietSince > 10_000) process.exit(0);
}, 250);
process.on('SIGTERM', () => process.exit(0));`;

/**
 * A pod beside the volume of an instance at rest, on the volume's node, by the instance's own image. All who want files
 * at that time share it; it goes with the workload.
 * @throws Problem 'instance.state-conflict' where there is no workload; 'agent.image-unavailable', 'agent.not-ready'
 */
export async function filesPod(
  cluster: Cluster,
  ref: InstanceRef,
  dnsPolicy: DnsPolicy,
  assertValid: () => void,
  signal: AbortSignal,
): Promise<RunningPod> {
  const { namespace, name } = placeOf(ref);
  const podName = `${name}-files`;
  const deadline = Date.now() + startedWithinMs;
  for (;;) {
    const pod = await cluster.get('Pod', namespace, podName, signal);
    if (!pod) {
      const workload = await cluster.get('StatefulSet', namespace, name, signal);
      if (!workload) throw withoutWorkload();
      assertValid();
      const manifest = manifestOf(ref, workload, podName, dnsPolicy);
      await cluster.create('Pod', namespace, manifest, signal).catch(unlessItPasses);
    } else if (!pod.metadata.deletionTimestamp) {
      const verdict = judge(pod, Date.now(), startedWithinMs);
      if (verdict.state === 'running') return { namespace, podName, container: containerName, statePath, restarts: 0 };
      if (verdict.state === 'ended' || verdict.state === 'impossible') {
        assertValid();
        const { uid } = pod.metadata;
        await cluster.remove('Pod', namespace, podName, { uid, gracePeriodSeconds: 1 }, signal).catch(unlessItPasses);
        if (verdict.state === 'impossible') throw verdict.problem;
      }
    }
    if (Date.now() > deadline) throw new Problem('cluster.unavailable', 'The pod for the files did not start in time.');
    await sleep(pollMs, undefined, { signal });
  }
}

/** Somebody else was faster, or the tenant's short processes use up their share for the moment. */
function unlessItPasses(error: unknown): void {
  if (!isStatus(error, 404, 409) && !isQuotaRefusal(error)) throw error;
}

/** Without the label of the instance: it is none of its processes. */
function manifestOf(
  ref: InstanceRef,
  workload: Stored<Kinds['StatefulSet']>,
  podName: string,
  dnsPolicy: DnsPolicy,
): Manifest<Kinds['Pod']> {
  const { namespace, name } = placeOf(ref);
  const agents = workload.spec?.template.spec;
  const image = agents?.containers.find((one) => one.name === containerName)?.image ?? '';
  const memory = byteQuantity(memoryBytes);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName,
      namespace,
      labels: { [labels.managedBy]: platformName, [labels.tenant]: ref.tenantId, [labels.oneShot]: 'true' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: workload.metadata.uid }],
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // As its agent: what it writes has to be the agent's own.
      securityContext: structuredClone(agents?.securityContext ?? {}),
      dnsPolicy,
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: containerName,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', program],
          resources: { requests: { cpu: cpuQuantity(50), memory }, limits: { memory } },
          securityContext: restrictedContainer,
          volumeMounts: [{ name: 'state', mountPath: statePath }],
        },
      ],
      volumes: [{ name: 'state', persistentVolumeClaim: { claimName: name } }],
    },
  };
}
