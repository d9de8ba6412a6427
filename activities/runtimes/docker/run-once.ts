import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Errand, OneShot, OneShotResult } from '../runtime.ts';
import { requireImage } from '../run-from.ts';
import { archiveOf, readOnlyFiles } from './archive.ts';
import { confined, tmpfsOf } from './confined.ts';
import { inspectContainer, removeContainer, soon, type Engine } from './engine.ts';
import { isMissing, isNameTaken, isStatus } from './faults.ts';
import { collected, framesOf } from './frames.ts';
import { labels, oneShotNameOf, sorted, tenantLabels } from './names.ts';

const pollMs = 200;
/** Who has made a container starts it by then, unless it is gone. */
const startsWithinMs = 5_000;
const maximumLines = 20_000;
const cleanUpTimeoutMs = 10_000;

/** One attempt at one job. */
interface Run {
  /** For writes. */
  engine: Engine;
  errand: Errand;
  signal: AbortSignal;
}

/**
 * A container that runs to its end, without network; its time begins when its image has come. A repeat of the same job
 * takes over the container of the attempt before.
 */
export async function runOnce(job: OneShot, run: Run): Promise<OneShotResult> {
  const { engine, errand, signal } = run;
  const image = requireImage(job.image);
  await engine.images.require(image, { patienceMs: errand.imagePatienceMs }, signal);
  const deadline = Date.now() + job.timeoutMs;
  const name = oneShotNameOf(job);
  try {
    for (;;) {
      const id = await start(job, image, name, run);
      const ended = id && (await finish(id, deadline, run));
      if (ended) return ended;
      // Another attempt at the same job has cleared it away before its words were read.
      if (Date.now() > deadline) throw outOfTime(job);
    }
  } finally {
    await cleanUp(name, run);
  }
}

/** @returns undefined where it was there, and is gone again */
async function start(job: OneShot, image: string, name: string, run: Run): Promise<string | undefined> {
  const { engine, signal } = run;
  let id: string;
  try {
    ({ id } = await engine.docker.createContainer({ ...containerOf(job, image, run), name, ...soon(signal) }));
  } catch (error) {
    if (!isNameTaken(error)) throw error;
    const found = await begunOrLeft(name, run);
    if (!found || found.isBegun) return found?.id;
    id = found.id;
  }
  try {
    const container = engine.docker.getContainer(id);
    for (const { mountPath, files } of [job.files, ...(job.assets ?? [])]) {
      await container.putArchive(archiveOf(readOnlyFiles('', files)), { path: mountPath, ...soon(signal) });
    }
    await container.start(soon(signal));
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Started already, by another attempt.
    if (!isStatus(error, 304)) throw error;
  }
  return id;
}

/**
 * One that another attempt has made is that one's to start: started by both it could run twice. It is taken over where
 * nobody starts it.
 */
async function begunOrLeft(
  name: string,
  { engine, signal }: Run,
): Promise<{ id: string; isBegun: boolean } | undefined> {
  for (const deadline = Date.now() + startsWithinMs; ;) {
    const found = await inspectContainer(engine, name, signal);
    if (!found) return undefined;
    const isBegun = !['created', 'configured', 'initialized'].includes(found.State.Status);
    if (isBegun || Date.now() > deadline) return { id: found.Id, isBegun };
    await sleep(pollMs, undefined, { signal });
  }
}

function containerOf(job: OneShot, image: string, { engine, errand }: Run): Docker.ContainerCreateOptions {
  const mounts = [job.files, ...(job.assets ?? [])];
  return {
    Image: image,
    Entrypoint: job.command,
    Cmd: [],
    User: `${job.user.uid}:${job.user.gid}`,
    Env: sorted(job.environment).map(([variable, value]) => `${variable}=${value}`),
    StopTimeout: 1,
    Labels: {
      ...tenantLabels(engine.clusterId, 'one-shot', job.tenantId),
      ...(errand.operationId !== null && { [labels.operation]: errand.operationId }),
    },
    HostConfig: {
      ...confined,
      NetworkMode: 'none',
      RestartPolicy: { Name: 'no' },
      Memory: job.resources.memoryBytes,
      MemorySwap: job.resources.memoryBytes,
      CpuShares: Math.max(2, Math.round((job.resources.cpuMillis * 1024) / 1000)),
      Tmpfs: tmpfsOf(job.scratch),
      // Without a name, so that they go with it.
      Mounts: mounts.map(({ mountPath }) => ({ Type: 'volume', Source: '', Target: mountPath })),
    },
  };
}

/** @returns undefined where it is gone */
async function finish(id: string, deadline: number, { engine, signal }: Run): Promise<OneShotResult | undefined> {
  for (;;) {
    const found = await inspectContainer(engine, id, signal);
    if (!found) return undefined;
    const { Status, ExitCode, Running } = found.State;
    if (!Running && ['exited', 'dead', 'stopped'].includes(Status)) {
      const output = await outputOf(engine, id, signal);
      return output === undefined ? undefined : { exitCode: ExitCode, output };
    }
    if (Date.now() > deadline) {
      throw new Problem('agent.not-ready', `The run of ${found.Config.Image} did not end in time.`);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

async function outputOf({ docker }: Engine, id: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const options = { stdout: true, stderr: true, follow: false as const, tail: maximumLines, ...soon(signal) };
    const log = await docker.getContainer(id).logs(options);
    const pieces = (await collected(framesOf([log]))).map(({ body }) => body.toString('utf8'));
    return pieces
      .join('')
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .join('\n');
  } catch (error) {
    if (isMissing(error) || isStatus(error, 409)) return undefined;
    throw error;
  }
}

const outOfTime = (job: OneShot): Problem =>
  new Problem('agent.not-ready', `The run of ${job.image} did not end in ${Math.round(job.timeoutMs / 1000)} s.`);

/**
 * Also after a cancellation, so by a clock of its own. What fails here, or is no longer ours to remove, is left to the
 * observer.
 */
async function cleanUp(name: string, { engine, errand }: Run): Promise<void> {
  const signal = AbortSignal.timeout(cleanUpTimeoutMs);
  try {
    errand.assertValid();
    const found = await inspectContainer(engine, name, signal);
    if (found) await removeContainer(engine, found.Id, { force: true }, signal);
  } catch (error) {
    // Its own fault must not hide the result.
    if (error instanceof Problem) return;
    process.emitWarning(`One-shot ${name} is left behind`, { detail: String(error) });
  }
}
