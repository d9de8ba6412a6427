import { onScopeDispose, ref, type Ref } from 'vue';

interface Clock {
  now: Ref<number>;
  users: number;
  timer: ReturnType<typeof setInterval>;
}

const clocks = new Map<number, Clock>();

/** The time, moving in steps; all users of one step share a timer, which stops with the last of them. */
export function useNow(stepMs: number): Readonly<Ref<number>> {
  const clock = clocks.get(stepMs) ?? startClock(stepMs);
  clock.users += 1;
  onScopeDispose(() => {
    clock.users -= 1;
    if (clock.users > 0) return;
    clearInterval(clock.timer);
    clocks.delete(stepMs);
  });
  return clock.now;
}

function startClock(stepMs: number): Clock {
  const now = ref(Date.now());
  const clock = { now, users: 0, timer: setInterval(() => (now.value = Date.now()), stepMs) };
  clocks.set(stepMs, clock);
  return clock;
}
