import { setTimeout as sleep } from 'node:timers/promises';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Errand, OneShot, OneShotResult } from '../runtime.ts';
import type { Cluster } from './cluster.ts';
import { isQuotaRefusal, isStatus } from './faults.ts';
import { together } from './fenced.ts';
import { namespaceOf, oneShotNameOf, type Place } from './names.ts';
import type { Kinds, Stored } from './objects.ts';
import { configMapManifest, podManifest } from './one-shot.ts';
import { judge, type Verdict } from './one-shot-verdict.ts';
import { readLog } from './logs.ts';
import { eventsOf, pullOf } from './pod-events.ts';
import type { DnsPolicy } from './workload.ts';

const pollMs = 200;
const quotaPollMs = 1000;
const maximumLines = 20_000;
const cleanUpTimeoutMs = 10_000;

/** One attempt at one job. */
interface Run {
  cluster: Cluster;
  errand: Errand;
  dnsPolicy: DnsPolicy;
  signal: AbortSignal;
}

/**
 * A pod that runs to its end, whose time begins when its image has come. The ConfigMap owns it, so that whichever of the two is left behind, the collector or
 * the observer clears both. A repeat of the same job takes over the pod of the attempt before.
 */
export async function runOnce(job: OneShot, run: Run): Promise<OneShotResult> {
  const { cluster, signal } = run;
  const place = { namespace: namespaceOf(job.tenantId), name: oneShotNameOf(job) };
  // Of everything that comes before a node has taken it.
  const deadline = Date.now() + job.timeoutMs;
  try {
    for (;;) {
      await start(job, place, deadline, run);
      const { exitCode, uid } = await finish(job, place, deadline, run);
      const lines = await readLog(cluster, place.namespace, place.name, maximumLines, false, signal);
      const isWhole =
        lines.length > 0 || (await cluster.get('Pod', place.namespace, place.name, signal))?.metadata.uid === uid;
      // Otherwise another attempt at the same job has cleared it away before its words were read.
      if (isWhole || Date.now() > deadline) return { exitCode, output: lines.join('\n') };
    }
  } finally {
    await cleanUp(place, run);
  }
}

/** Waits while the tenant's other validations use up their share. */
async function start(job: OneShot, place: Place, deadline: number, run: Run): Promise<void> {
  const { cluster, errand, signal } = run;
  const { namespace, name } = place;
  for (;;) {
    try {
      let owner = await cluster.get('ConfigMap', namespace, name, signal);
      if (!owner) {
        errand.assertValid();
        owner = await cluster.create('ConfigMap', namespace, configMapManifest(job, place, errand.operationId), signal);
      }
      errand.assertValid();
      await cluster.create('Pod', namespace, podManifest(job, namespace, owner, run), signal);
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
  job: OneShot,
  place: Place,
  deadline: number,
  run: Run,
): Promise<Extract<Verdict, { state: 'ended' }> & { uid: string }> {
  const { cluster, errand, signal } = run;
  let runningSinceMs: number | undefined;
  for (;;) {
    const pod = await cluster.get('Pod', place.namespace, place.name, signal);
    if (!pod || pod.metadata.deletionTimestamp) {
      // Another attempt at the same job has cleared it away.
      if (Date.now() > deadline) throw outOfTime(job);
      if (!pod) await start(job, place, deadline, run);
    } else {
      const verdict = judge(pod, Date.now(), errand.imagePatienceMs);
      if (verdict.state === 'ended') return { ...verdict, uid: pod.metadata.uid };
      if (verdict.state === 'impossible') throw verdict.problem;
      if (verdict.state === 'running' && Date.now() > (runningSinceMs ??= Date.now()) + job.timeoutMs) {
        throw outOfTime(job);
      }
      if (verdict.state === 'beginning') await refuseWithoutImage(job, pod, Date.now() - verdict.sinceMs, run);
      if (verdict.state === 'waiting' && Date.now() > deadline) throw verdict.late ?? outOfTime(job);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** A pull that hangs shows as nothing but a container that does not come. */
async function refuseWithoutImage(
  job: OneShot,
  { metadata }: Stored<Kinds['Pod']>,
  forMs: number,
  { cluster, errand, signal }: Run,
): Promise<void> {
  const { imagePatienceMs } = errand;
  if (forMs < imagePatienceMs) return;
  const pull = pullOf(await eventsOf(cluster, metadata.namespace ?? '', metadata.uid, signal));
  if (pull) {
    const detail = `${job.image} did not come in ${Math.round(imagePatienceMs / 1000)} s.`;
    throw new Problem('agent.image-unavailable', detail);
  }
  if (forMs > imagePatienceMs + job.timeoutMs) throw outOfTime(job);
}

const outOfTime = (job: OneShot): Problem =>
  new Problem('agent.not-ready', `The run of ${job.image} did not end in ${Math.round(job.timeoutMs / 1000)} s.`);

/**
 * Also after a cancellation, so by a clock of its own. What fails here, or is no longer ours to remove, is left to the
 * observer.
 */
async function cleanUp({ namespace, name }: Place, { cluster, errand }: Run): Promise<void> {
  const signal = AbortSignal.timeout(cleanUpTimeoutMs);
  const remove = async (kind: 'Pod' | 'ConfigMap'): Promise<void> => {
    const stored: Stored | undefined = await cluster.get(kind, namespace, name, signal);
    if (!stored) return;
    const { uid } = stored.metadata;
    errand.assertValid();
    await cluster.remove(kind, namespace, name, { uid, ...(kind === 'Pod' && { gracePeriodSeconds: 1 }) }, signal);
  };
  try {
    await together([remove('Pod'), remove('ConfigMap')]);
  } catch (error) {
    // Its own fault must not hide the result; a conflict means that a parallel attempt cleans up as well.
    if (isStatus(error, 409) || error instanceof Problem) return;
    process.emitWarning(`One-shot ${namespace}/${name} is left behind`, { detail: String(error) });
  }
}
