import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { api, read } from '../api/client.ts';
import { asProblem, type ProblemError } from '../api/problem.ts';
import type { RolloutPreview, RolloutPreviewRequest } from '../api/types.ts';

/** Typing has paused for so long that an answer is worth asking for. */
const pauseMs = 500;

/** What a rollout would touch, asked anew whenever the order changes; the last answer stays while another is asked. */
export function useRolloutPreview(request: Ref<RolloutPreviewRequest | null>) {
  const preview = shallowRef<RolloutPreview | null>(null);
  const problem = shallowRef<ProblemError | null>(null);
  const isStale = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  async function ask(body: RolloutPreviewRequest): Promise<void> {
    running?.abort();
    const { signal } = (running = new AbortController());
    try {
      preview.value = await read(api.POST('/api/v1/rollouts/preview', { body, signal }));
      problem.value = null;
      isStale.value = false;
    } catch (error) {
      if (signal.aborted) return;
      problem.value = asProblem(error);
      isStale.value = preview.value !== null;
    }
  }

  watch(
    () => JSON.stringify(request.value),
    () => {
      clearTimeout(timer);
      isStale.value = preview.value !== null;
      const body = request.value;
      if (body) timer = setTimeout(() => void ask(body), pauseMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    running?.abort();
  });
  return { preview, problem, isStale };
}
