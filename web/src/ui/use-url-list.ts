import { computed } from 'vue';
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router';

/**
 * Filters and page of a list, kept in the address so that a link shows the same. A cursor only leads forward; the way
 * back is kept in the history entry, which outlives a reload but does not travel with a link.
 */
export function useUrlList<Name extends string>(filterNames: readonly Name[]) {
  const route = useRoute();
  const router = useRouter();

  const filters = computed(
    () =>
      Object.fromEntries(
        filterNames.map((name) => [name, [route.query[name] ?? []].flat().filter((value) => value !== null)]),
      ) as Record<Name, string[]>,
  );
  const cursor = computed(() => (typeof route.query.cursor === 'string' ? route.query.cursor : undefined));
  const pageNumber = computed(() => (cursor.value ? Math.max(2, Number(route.query.page) || 2) : 1));
  const isFiltered = computed(() => filterNames.some((name) => filters.value[name].length > 0));

  const trail = (): string[] => (Array.isArray(history.state?.trail) ? (history.state.trail as string[]) : []);

  function setFilter(name: Name, values: readonly string[]): void {
    const { cursor: _cursor, page: _page, ...rest } = route.query;
    void router.push({ query: { ...rest, [name]: values.length > 0 ? [...values] : undefined } });
  }

  function clearFilters(): void {
    const rest: LocationQueryRaw = { ...route.query, cursor: undefined, page: undefined };
    for (const name of filterNames) rest[name] = undefined;
    void router.push({ query: rest });
  }

  function turnForward(next: string): void {
    void router.push({
      query: { ...route.query, cursor: next, page: String(pageNumber.value + 1) },
      state: { trail: [...trail(), cursor.value ?? ''] },
    });
  }

  function turnBack(): void {
    const before = trail();
    const to = before.at(-1);
    const isFirst = !to;
    void router.push({
      query: {
        ...route.query,
        cursor: isFirst ? undefined : to,
        page: isFirst ? undefined : String(pageNumber.value - 1),
      },
      state: { trail: before.slice(0, -1) },
    });
  }

  return { filters, cursor, pageNumber, isFiltered, setFilter, clearFilters, turnForward, turnBack };
}

export type UrlList<Name extends string> = ReturnType<typeof useUrlList<Name>>;
