import type { AccessChange, AccessNotices } from './access-notices.ts';
import type { Caller } from './caller.ts';

export interface RightsWatch {
  /** Aborts when the caller's rights may have changed since `watchAgain`, and when he has gone. */
  readonly signal: AbortSignal;
  /** To be called before his rights are read: a change after that is not missed. */
  watchAgain(): void;
  stop(): void;
}

/** For what goes on after its request: says when a caller has to be looked at again. */
export function whenRightsChange(
  notices: AccessNotices,
  caller: Pick<Caller, 'userId' | 'tenantIds'>,
  gone: AbortSignal,
): RightsWatch {
  let watch = new AbortController();
  const abort = (): void => watch.abort();
  const unfollow = notices.follow((change) => {
    if (concerns(change, caller)) abort();
  });
  gone.addEventListener('abort', abort, { once: true });
  if (gone.aborted) abort();
  return {
    get signal() {
      return watch.signal;
    },
    watchAgain() {
      if (!gone.aborted) watch = new AbortController();
    },
    stop() {
      unfollow();
      gone.removeEventListener('abort', abort);
    },
  };
}

function concerns(change: AccessChange, { userId, tenantIds }: Pick<Caller, 'userId' | 'tenantIds'>): boolean {
  if (change === 'everything') return true;
  return 'userId' in change ? change.userId === userId : tenantIds.includes(change.tenantId);
}
