import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { answer, api, read } from '../api/client.ts';
import { ProblemError } from '../api/problem.ts';
import type { Me } from '../api/types.ts';

/** Who is signed in. `undefined` until the server was asked. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>();
  const hasEnded = ref(false);

  /** Asks once; a session that is over is an answer, not an error. */
  async function load(): Promise<Me | null> {
    if (me.value !== undefined) return me.value;
    try {
      me.value = await read(api.GET('/api/v1/me'));
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
      me.value = null;
    }
    return me.value;
  }

  async function signIn(name: string, password: string): Promise<void> {
    me.value = await read(api.POST('/api/v1/auth/login', { body: { name, password } }));
    hasEnded.value = false;
  }

  async function signOut(): Promise<void> {
    await answer(api.POST('/api/v1/auth/logout'));
    me.value = null;
  }

  /** The server no longer knows this session. */
  function end(): void {
    hasEnded.value = me.value !== null && me.value !== undefined;
    me.value = null;
  }

  const isOnPlatform = computed(() => me.value?.assignments.some(({ tenantId }) => tenantId === null) ?? false);
  const isMember = computed(() => (me.value?.assignments.length ?? 0) > 0);
  /** A right on the platform itself; rights on objects come with the objects. */
  const may = (permission: string): boolean => me.value?.permissions.some((held) => held === permission) ?? false;

  /** Where, the objects there say themselves. */
  const maySomewhere = (permission: string): boolean =>
    me.value?.permissionsSomewhere.some((held) => held === permission) ?? false;
  /** Asks anew: what the person may do has changed. */
  async function reload(): Promise<void> {
    me.value = await read(api.GET('/api/v1/me'));
  }

  return { me, hasEnded, isOnPlatform, isMember, load, reload, signIn, signOut, end, may, maySomewhere };
});
