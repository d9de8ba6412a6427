import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { api, read } from '../api/client.ts';
import { asProblem, type ProblemError } from '../api/problem.ts';
import type { ConfigValidation, ConfigVerdict } from '../api/types.ts';

/** Typing has paused for so long that an answer is worth asking for. */
const pauseMs = 450;

interface Question {
  id: string;
  body: ConfigValidation;
}

/** What the server says of a template that is being written, asked anew whenever it changes. */
export function useVerdict(question: Ref<Question | null>) {
  const verdict = shallowRef<ConfigVerdict | null>(null);
  const problem = shallowRef<ProblemError | null>(null);
  /** What is shown is of an earlier text. */
  const isOld = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  async function ask({ id, body }: Question): Promise<void> {
    running?.abort();
    const { signal } = (running = new AbortController());
    try {
      verdict.value = await read(api.POST('/api/v1/configs/{id}/validate', { params: { path: { id } }, body, signal }));
      problem.value = null;
      isOld.value = false;
    } catch (error) {
      if (signal.aborted) return;
      problem.value = asProblem(error);
    }
  }

  watch(
    () => JSON.stringify(question.value),
    () => {
      clearTimeout(timer);
      isOld.value = verdict.value !== null;
      const asked = question.value;
      if (asked) timer = setTimeout(() => void ask(asked), pauseMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    running?.abort();
  });
  return { verdict, problem, isOld };
}
