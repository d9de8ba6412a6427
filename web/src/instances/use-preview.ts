import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { api, read } from '../api/client.ts';
import { asProblem, type ProblemError } from '../api/problem.ts';
import type { InstancePreview, InstancePreviewRequest } from '../api/types.ts';

/** Typing has paused for so long that an answer is worth asking for. */
const pauseMs = 450;

/**
 * What the api would make of a request, asked anew whenever it changes. The last result that could be rendered stays
 * while another is on its way, or while the request has a fault.
 */
export function usePreview(request: Ref<InstancePreviewRequest | null>) {
  const preview = shallowRef<InstancePreview | null>(null);
  const problem = shallowRef<ProblemError | null>(null);
  const isStale = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  async function ask(body: InstancePreviewRequest): Promise<void> {
    running?.abort();
    const { signal } = (running = new AbortController());
    try {
      preview.value = await read(api.POST('/api/v1/instances/preview', { body, signal }));
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
