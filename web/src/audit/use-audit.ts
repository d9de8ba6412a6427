import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import { computed, ref, toValue, watch, type MaybeRefOrGetter } from 'vue';
import { api, read } from '../api/client.ts';
import { asProblem, type ProblemError } from '../api/problem.ts';
import type { AuditOutcome, AuditProof } from '../api/types.ts';

export interface AuditFilter {
  tenantId?: string | undefined;
  actor?: string | undefined;
  action?: string | undefined;
  objectType?: string | undefined;
  objectId?: string | undefined;
  outcome?: AuditOutcome[] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  requestId?: string | undefined;
}

export const useAuditList = (filter: MaybeRefOrGetter<AuditFilter & { cursor?: string | undefined }>) =>
  useQuery({
    queryKey: computed(() => ['audit', 'list', toValue(filter)]),
    queryFn: ({ signal }) => read(api.GET('/api/v1/audit', { params: { query: toValue(filter) }, signal })),
    placeholderData: keepPreviousData,
  });

/** Where the browser fetches the same entries as a file. */
export function exportAddress(filter: AuditFilter, format: 'jsonl' | 'csv'): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter) as [string, string | string[] | undefined][]) {
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  return `/api/v1/audit/export?${query}`;
}

/**
 * The proof of one chain: from its newest checkpoint on at first; all of it, part after part, when somebody asks.
 * `tenantId` null is the chain of the platform, undefined none.
 */
export function useAuditProof(tenantId: MaybeRefOrGetter<string | null | undefined>) {
  const proof = ref<AuditProof | null>(null);
  const problem = ref<ProblemError | null>(null);
  const isProving = ref(false);
  let turn = 0;

  async function prove(begin: number | undefined): Promise<void> {
    const chain = toValue(tenantId);
    turn += 1;
    const mine = turn;
    proof.value = problem.value = null;
    if (chain === undefined) return;
    isProving.value = true;
    try {
      let from = begin;
      let first: number | null = null;
      for (;;) {
        const query = { ...(chain !== null && { tenantId: chain }), ...(from !== undefined && { from }) };
        const part: AuditProof = await read(api.GET('/api/v1/audit/verify', { params: { query } }));
        // Another chain was asked for meanwhile.
        if (mine !== turn) return;
        first ??= part.from;
        proof.value = { ...part, from: first };
        if (part.state === 'broken' || part.next === null) return;
        from = part.next;
      }
    } catch (error) {
      if (mine === turn) problem.value = asProblem(error);
    } finally {
      if (mine === turn) isProving.value = false;
    }
  }
  watch(
    () => toValue(tenantId),
    () => void prove(undefined),
    { immediate: true },
  );
  return { proof, problem, isProving, prove: () => prove(undefined), proveAll: () => prove(1) };
}
