import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Errand, OneShot, OneShotResult, OneShotTrace } from '../runtime.ts';
import type { Attempt } from './fenced.ts';
import type { Keeper } from './keeper.ts';

const pollMs = 200;
const cleanUpTimeoutMs = 30_000;
const beginTimeoutMs = 30_000;

const Result = z.union([
  z.object({ exitCode: z.int(), output: z.string() }),
  z.object({ late: z.literal(true) }),
  z.object({ unavailable: z.string() }),
  z.object({ fault: z.string() }),
]);
const Look = z
  .object({
    uid: z.string(),
    phase: z.string(),
    message: z.string().nullable(),
    /** Somebody works on it. */
    lives: z.boolean(),
    result: Result.nullable(),
  })
  .nullable();
type Look = NonNullable<z.infer<typeof Look>>;

interface Run {
  keeper: Keeper;
  errand: Errand;
  signal: AbortSignal;
}

/**
 * Run by a process of its own that keeps the time, so that it ends also when nobody waits any more. A repeat of the
 * same job takes over what an attempt before has begun.
 */
export async function runOnce(job: OneShot, run: Run): Promise<OneShotResult> {
  const name = nameOf(job);
  const uids = new Set<string>();
  try {
    return await follow(job, name, uids, run);
  } finally {
    await cleanUp(name, uids, run);
  }
}

async function follow(job: OneShot, name: string, uids: Set<string>, run: Run): Promise<OneShotResult> {
  const { keeper, errand, signal } = run;
  const sinceMs = Date.now();
  const deadline = sinceMs + errand.imagePatienceMs + 2 * job.timeoutMs;
  let look: Look | null = null;
  for (;;) {
    // Not there: another attempt at the same job has cleared it away. Without anybody at work: that one was killed.
    if (!look || (!look.result && !look.lives)) {
      errand.assertValid();
      // Waited for also when nobody wants it any more: what has begun has to be known to be removed.
      const deadlineOfBegin = AbortSignal.timeout(beginTimeoutMs);
      look = await keeper.call('begin-once', { name, job: described(job, errand) }, Look, deadlineOfBegin);
    }
    if (look) uids.add(look.uid);
    signal.throwIfAborted();
    if (look?.result) return outcomeOf(job, look.result);
    if (look && look.phase !== 'Running' && Date.now() - sinceMs > errand.imagePatienceMs) {
      const seconds = Math.round(errand.imagePatienceMs / 1000);
      throw unavailable(job, look.message ?? `it did not come in ${seconds} s.`);
    }
    if (Date.now() > deadline) throw outOfTime(job);
    await sleep(pollMs, undefined, { signal });
    look = await keeper.call('look-once', { name }, Look, signal);
  }
}

function outcomeOf(job: OneShot, result: z.infer<typeof Result>): OneShotResult {
  if ('exitCode' in result) return result;
  if ('late' in result) throw outOfTime(job);
  if ('unavailable' in result) throw unavailable(job, result.unavailable);
  throw new Problem('agent.not-ready', result.fault);
}

const unavailable = (job: OneShot, why: string): Problem =>
  new Problem('agent.image-unavailable', `${job.package}: ${why}`);

const outOfTime = (job: OneShot): Problem =>
  new Problem('agent.not-ready', `The run of ${job.package} did not end in ${Math.round(job.timeoutMs / 1000)} s.`);

const described = (job: OneShot, { operationId, imagePatienceMs }: Errand) => ({
  tenantId: job.tenantId,
  operationId,
  patienceMs: imagePatienceMs,
  package: job.package,
  command: job.command,
  environment: job.environment,
  packageEnvironment: {},
  secretEnvironment: {},
  files: job.files,
  assets: job.assets ?? [],
  scratch: job.scratch.map(({ mountPath }) => mountPath),
  resources: job.resources,
  timeoutMs: job.timeoutMs,
});

/** People choose names: what a folder cannot hold becomes `-`, and the content tells jobs apart. */
function nameOf(job: OneShot): string {
  const slug = job.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 24)
    .replaceAll(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(JSON.stringify(job)).digest('hex').slice(0, 16);
  return `once-${slug ? `${slug}-` : ''}${hash}`;
}

/** Also after a cancellation, so by a clock of its own. What is no longer ours to remove is left to the observer. */
async function cleanUp(name: string, uids: ReadonlySet<string>, { keeper, errand }: Run): Promise<void> {
  try {
    for (const uid of uids) {
      errand.assertValid();
      await keeper.call('remove-once', { name, uid }, z.null(), AbortSignal.timeout(cleanUpTimeoutMs));
    }
  } catch (error) {
    // Its own fault must not hide the result.
    if (error instanceof Problem) return;
    process.emitWarning(`One-shot ${name} is left behind`, { detail: String(error) });
  }
}

const Traces: z.ZodType<OneShotTrace[]> = z.array(
  z.object({
    tenantId: z.string(),
    name: z.string(),
    uid: z.string(),
    operationId: z.string().nullable(),
    createdAt: z.string(),
  }),
);

export const listOneShots = (keeper: Keeper, signal: AbortSignal): Promise<OneShotTrace[]> =>
  keeper.call('list-once', {}, Traces, signal);

export async function removeOneShot({ name, uid }: OneShotTrace, { keeper, fence, signal }: Attempt): Promise<void> {
  fence.assertValid();
  await keeper.call('remove-once', { name, uid }, z.null(), signal);
}
