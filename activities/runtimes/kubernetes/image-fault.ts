import { Problem } from '../../../workflows/contracts/problem.ts';

/** Registries do answer wrongly for a moment, but nobody waits for long for what one says it does not have. */
const refusalPatienceMs = 30_000;

/** What the cluster says while it cannot pull, and tries again. */
const failing: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable'];
/** What it does not try again, or only the same way. */
const hopeless: readonly string[] = ['ErrImageNeverPull', 'InvalidImageName', 'ErrImageInspect'];
const refusal = /not found|manifest unknown|unauthorized|access denied|forbidden/i;

/** An image that does not come, by the word and the sentence of the cluster. */
export interface ImageFault {
  problem: Problem;
  /** How long it may go on. */
  withinMs: number;
}

/**
 * @param patienceMs how long an image may take to come
 * @returns undefined where the reason is none of the image's
 */
export function imageFaultOf(
  image: string,
  { reason, message }: { reason: string | null | undefined; message: string | null | undefined },
  patienceMs: number,
): ImageFault | undefined {
  if (!reason) return undefined;
  const problem = new Problem('agent.image-unavailable', `${image}: ${[reason, message].filter(Boolean).join(': ')}`);
  if (hopeless.includes(reason)) return { problem, withinMs: 0 };
  if (!failing.includes(reason)) return undefined;
  return { problem, withinMs: refusal.test(message ?? '') ? Math.min(refusalPatienceMs, patienceMs) : patienceMs };
}
