import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, StateTool } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import type { Cluster } from './cluster.ts';
import { isQuotaRefusal, isStatus } from './faults.ts';
import { containerName, labels, placeOf, platformName, type Place } from './names.ts';
import type { Kinds, Manifest } from './objects.ts';
import { judge } from './one-shot-verdict.ts';
import { byteQuantity, cpuQuantity } from './quantity.ts';
import { restrictedContainer, restrictedPod } from './restricted.ts';
import type { DnsPolicy } from './workload.ts';

export const statePort = 18_700;
const stateRoot = '/state';
const program = readFileSync(new URL('state-server.mjs', import.meta.url), 'utf8');
const pollMs = 200;
const startedWithinMs = 3 * 60_000;
const cleanUpTimeoutMs = 10_000;
const mebibyte = 1_048_576;
/** Longer than any copy may take; the program ends by itself when nobody wants anything of it. */
const deadlineSeconds = 5 * 60 * 60;

export interface StatePod {
  namespace: string;
  name: string;
  uid: string;
  /** Also after a cancellation. What fails here ends by itself a minute later. */
  remove(): Promise<void>;
}

/**
 * A pod beside the volume of an instance, on the volume's node. One that an attempt before has left is replaced: it may
 * be in the middle of something. @throws Problem 'agent.image-unavailable', 'agent.not-ready', 'cluster.unavailable'
 */
export async function startStatePod(
  cluster: Cluster,
  ref: InstanceRef,
  tool: StateTool,
  options: { readOnly: boolean; dnsPolicy: DnsPolicy; assertValid: () => void },
  signal: AbortSignal,
): Promise<StatePod> {
  const claim = placeOf(ref);
  const { namespace } = claim;
  const name = `${claim.name}-state`;
  const deadline = Date.now() + startedWithinMs;
  for (;;) {
    const left = await cluster.get('Pod', namespace, name, signal);
    if (left && !left.metadata.deletionTimestamp) {
      const { uid } = left.metadata;
      options.assertValid();
      await cluster.remove('Pod', namespace, name, { uid, gracePeriodSeconds: 1 }, signal).catch(unlessChanged);
    }
    if (!left) {
      options.assertValid();
      const made = await create(cluster, manifestOf(ref, tool, claim, name, options), deadline, signal);
      if (made) return started(cluster, { namespace, name, uid: made }, deadline, signal);
    }
    if (Date.now() > deadline) throw new Problem('cluster.unavailable', 'The pod for the copy could not be made.');
    await sleep(pollMs, undefined, { signal });
  }
}

async function create(
  cluster: Cluster,
  manifest: Manifest<Kinds['Pod']>,
  deadline: number,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const { metadata } = await cluster.create('Pod', manifest.metadata.namespace ?? '', manifest, signal);
    return metadata.uid;
  } catch (error) {
    // Another attempt was faster, or the tenant's validations use up their share for the moment.
    if (isStatus(error, 409) || (isQuotaRefusal(error) && Date.now() < deadline)) return null;
    throw error;
  }
}

async function started(
  cluster: Cluster,
  made: Omit<StatePod, 'remove'>,
  deadline: number,
  signal: AbortSignal,
): Promise<StatePod> {
  const { namespace, name, uid } = made;
  const remove = async (): Promise<void> => {
    const clock = AbortSignal.timeout(cleanUpTimeoutMs);
    // Its own pod alone, by uid: that is right also for whoever has lost the right to write.
    const unconditional = cluster.heldBy({ assertValid: () => undefined });
    try {
      await unconditional.remove('Pod', namespace, name, { uid, gracePeriodSeconds: 1 }, clock);
    } catch (error) {
      // Its own fault must not hide the result; a conflict means that another attempt's pod is there.
      if (isStatus(error, 409)) return;
      process.emitWarning(`Pod ${namespace}/${name} is left behind`, { detail: String(error) });
    }
  };
  try {
    for (;;) {
      const pod = await cluster.get('Pod', namespace, name, signal);
      if (!pod || pod.metadata.uid !== uid) throw new Problem('cluster.unavailable', 'The pod for the copy is gone.');
      const verdict = judge(pod, Date.now(), startedWithinMs);
      if (verdict.state === 'running') return { ...made, remove };
      if (verdict.state === 'impossible') throw verdict.problem;
      if (verdict.state === 'ended') {
        throw new Problem('agent.not-ready', `The copying program ended with ${verdict.exitCode}.`);
      }
      if (Date.now() > deadline) {
        const late = verdict.state === 'waiting' ? verdict.late : undefined;
        throw late ?? new Problem('cluster.unavailable', 'The pod for the copy did not start in time.');
      }
      await sleep(pollMs, undefined, { signal });
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

function unlessChanged(error: unknown): void {
  if (!isStatus(error, 404, 409)) throw error;
}

/** Without the label of the instance: it is none of its processes. */
function manifestOf(
  ref: InstanceRef,
  tool: StateTool,
  claim: Place,
  name: string,
  { readOnly, dnsPolicy }: { readOnly: boolean; dnsPolicy: DnsPolicy },
): Manifest<Kinds['Pod']> {
  const environment = {
    STATE_ROOT: stateRoot,
    STATE_LEFT_OUT: JSON.stringify(tool.leftOut),
    STATE_PORT: String(statePort),
  };
  const memory = byteQuantity(256 * mebibyte);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: claim.namespace,
      labels: { [labels.managedBy]: platformName, [labels.tenant]: ref.tenantId, [labels.oneShot]: 'true' },
    },
    spec: {
      ...restrictedPod(tool.user),
      dnsPolicy,
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: containerName,
          image: requireImage(tool.image),
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '--input-type=module', '-e', program],
          env: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
          resources: { requests: { cpu: cpuQuantity(100), memory }, limits: { memory } },
          securityContext: restrictedContainer,
          volumeMounts: [{ name: 'state', mountPath: stateRoot, ...(readOnly && { readOnly }) }],
        },
      ],
      volumes: [{ name: 'state', persistentVolumeClaim: { claimName: claim.name, ...(readOnly && { readOnly }) } }],
    },
  };
}
