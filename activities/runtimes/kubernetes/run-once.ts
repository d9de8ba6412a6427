import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { OneShot, OneShotResult } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { isQuotaRefusal, isStatus } from './faults.ts';
import { labels, namespaceOf, oneShotNameOf, platformName, type Place } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { configMapManifest, podManifest } from './one-shot.ts';
import { judge, type Verdict } from './one-shot-verdict.ts';
import { readLog } from './logs.ts';
import type { DnsPolicy } from './workload.ts';

const pollMs = 200;
const quotaPollMs = 1000;
const maximumLines = 20_000;
const cleanUpTimeoutMs = 10_000;
/** Of a worker that died in between; its successor never came. */
const abandonedMs = 60 * 60_000;

/**
 * A pod that runs to its end. The ConfigMap owns it, so that whichever of the two is left behind, the collector or
 * the next run clears both. A repeat of the same job takes over the pod of the attempt before.
 */
export async function runOnce(
  cluster: Cluster,
  job: OneShot,
  dnsPolicy: DnsPolicy,
  signal: AbortSignal,
): Promise<OneShotResult> {
  const place = { namespace: namespaceOf(job.tenantId), name: oneShotNameOf(job) };
  const deadline = Date.now() + job.timeoutMs;
  try {
    for (;;) {
      await start(cluster, job, place, dnsPolicy, deadline, signal);
      const { exitCode, uid } = await finish(cluster, job, place, dnsPolicy, deadline, signal);
      const lines = await readLog(cluster, place.namespace, place.name, maximumLines, false, signal);
      const isWhole =
        lines.length > 0 || (await cluster.get('Pod', place.namespace, place.name, signal))?.metadata.uid === uid;
      // Otherwise another attempt at the same job has cleared it away before its words were read.
      if (isWhole || Date.now() > deadline) return { exitCode, output: lines.join('\n') };
    }
  } finally {
    await cleanUp(cluster, place);
  }
}

/** Waits while the tenant's other validations use up their share. */
async function start(
  cluster: Cluster,
  job: OneShot,
  { namespace, name }: Place,
  dnsPolicy: DnsPolicy,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const owner =
        (await cluster.get('ConfigMap', namespace, name, signal)) ??
        (await cluster.create('ConfigMap', namespace, configMapManifest(job, namespace, name), signal));
      await cluster.create('Pod', namespace, podManifest(job, namespace, owner, dnsPolicy), signal);
      return;
    } catch (error) {
      const taken = isStatus(error, 409);
      if (taken && (await cluster.get('Pod', namespace, name, signal))) return;
      if (!taken && (!isQuotaRefusal(error) || Date.now() > deadline)) throw error;
    }
    await sleep(quotaPollMs, undefined, { signal });
  }
}

async function finish(
  cluster: Cluster,
  job: OneShot,
  place: Place,
  dnsPolicy: DnsPolicy,
  deadline: number,
  signal: AbortSignal,
): Promise<Extract<Verdict, { state: 'ended' }> & { uid: string }> {
  for (;;) {
    const pod = await cluster.get('Pod', place.namespace, place.name, signal);
    if (!pod || pod.metadata.deletionTimestamp) {
      // Another attempt at the same job has cleared it away.
      if (Date.now() > deadline) throw outOfTime(job);
      if (!pod) await start(cluster, job, place, dnsPolicy, deadline, signal);
    } else {
      const verdict = judge(pod, Date.now());
      if (verdict.state === 'ended') return { ...verdict, uid: pod.metadata.uid };
      if (verdict.state === 'impossible') throw verdict.problem;
      if (Date.now() > deadline) throw verdict.late ?? outOfTime(job);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

const outOfTime = (job: OneShot): Problem =>
  new Problem('agent.not-ready', `The run of ${job.image} did not end in ${Math.round(job.timeoutMs / 1000)} s.`);

/** Also after a cancellation, so by a clock of its own. What fails here is left to the next run's sweep. */
async function cleanUp(cluster: Cluster, { namespace, name }: Place): Promise<void> {
  const signal = AbortSignal.timeout(cleanUpTimeoutMs);
  try {
    const ours = { labelSelector: `${labels.managedBy}=${platformName},${labels.oneShot}` };
    const [pod, { items }] = await Promise.all([
      cluster.get('Pod', namespace, name, signal),
      cluster.list('ConfigMap', namespace, ours, signal),
    ]);
    if (pod) await cluster.remove('Pod', namespace, name, { uid: pod.metadata.uid, gracePeriodSeconds: 1 }, signal);
    const leaving = items.filter((item) => item.metadata.name === name || isAbandoned(item));
    await Promise.all(
      leaving.map(({ metadata }) =>
        cluster.remove('ConfigMap', namespace, metadata.name, { uid: metadata.uid }, signal),
      ),
    );
  } catch (error) {
    // Its own fault must not hide the result; a conflict means that a parallel attempt cleans up as well.
    if (!isStatus(error, 409))
      process.emitWarning(`One-shot ${namespace}/${name} is left behind`, {
        detail: String(error),
      });
  }
}

const isAbandoned = ({ metadata }: Stored<Kinds['ConfigMap']>): boolean =>
  Date.now() - Date.parse(metadata.creationTimestamp ?? '') > abandonedMs;
