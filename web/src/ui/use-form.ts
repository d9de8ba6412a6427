import { useMutation, useQueryClient } from '@tanstack/vue-query';
import { computed, ref, type Ref } from 'vue';
import { useIdempotencyKey } from '../api/idempotency-key.ts';
import { asProblem } from '../api/problem.ts';

interface FormOptions<Entries, Result> {
  empty: () => Entries;
  /** Sends what was entered; the header makes a repetition of the same harmless. */
  send: (entries: Entries, header: { 'Idempotency-Key': string }) => Promise<Result>;
  /** First members of the query keys that are out of date afterwards. */
  outdates: readonly string[];
  onDone?: (result: Result) => void;
}

/** A form in a dialog: opened with fresh entries, kept as they are while something is wrong with them. */
export function useForm<Entries extends object, Result>(options: FormOptions<Entries, Result>) {
  const queryClient = useQueryClient();
  const key = useIdempotencyKey();
  const isOpen = ref(false);
  const entries = ref(options.empty()) as Ref<Entries>;

  const mutation = useMutation({
    mutationFn: () => options.send(entries.value, key.headerFor(entries.value)),
    onSuccess: (result) => {
      key.done();
      isOpen.value = false;
      options.onDone?.(result);
    },
    onSettled: () => Promise.all(options.outdates.map((name) => queryClient.invalidateQueries({ queryKey: [name] }))),
  });

  return {
    isOpen,
    entries,
    isBusy: mutation.isPending,
    problem: computed(() => (mutation.error.value ? asProblem(mutation.error.value) : null)),
    open(initial?: Entries): void {
      mutation.reset();
      entries.value = initial ?? options.empty();
      isOpen.value = true;
    },
    close(): void {
      isOpen.value = false;
    },
    submit: (): void => mutation.mutate(),
  };
}
