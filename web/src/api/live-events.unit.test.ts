import { QueryClient } from '@tanstack/vue-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followEvents, liveState, stopFollowing } from './live-events.ts';

class FakeEventSource extends EventTarget {
  static CLOSED = 2;
  static opened: FakeEventSource[] = [];
  readyState = 1;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }
  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }
  say(type: string): void {
    const data = JSON.stringify({ type, tenantId: 't', instanceId: 'i', operationId: null });
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

const queryClient = new QueryClient();
const invalidate = vi.spyOn(queryClient, 'invalidateQueries');
const latest = (): FakeEventSource => {
  const source = FakeEventSource.opened.at(-1);
  if (!source) throw new Error('no connection was opened');
  return source;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeEventSource);
  invalidate.mockClear();
  FakeEventSource.opened = [];
  followEvents(queryClient);
  latest().dispatchEvent(new Event('open'));
});
afterEach(() => {
  stopFollowing();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('reads once what a burst of events makes out of date', () => {
  for (let count = 0; count < 1_000; count++) latest().say('instance.changed');
  vi.runAllTimers();
  expect(invalidate.mock.calls).toEqual([
    [{ queryKey: ['instances', 'list'] }],
    [{ queryKey: ['instances', 'i'] }],
    [{ queryKey: ['events', 'i'] }],
    [{ queryKey: ['quotas', 't'] }],
  ]);
});

it('reads seldom while events keep coming, and once more after the last', () => {
  const lists = () => invalidate.mock.calls.filter((call) => JSON.stringify(call).includes('"list"')).length;
  for (let tick = 0; tick < 100; tick++) {
    latest().say('instance.changed');
    vi.advanceTimersByTime(60);
  }
  expect(lists()).toBeLessThanOrEqual(5);
  latest().say('instance.changed');
  const before = lists();
  vi.runAllTimers();
  expect(lists()).toBe(before + 1);
});

it('keeps one connection per tab', () => {
  followEvents(queryClient);
  expect(FakeEventSource.opened).toHaveLength(1);
});

it('says since when it is stale, opens anew after a refusal, and then reads everything again', () => {
  latest().readyState = FakeEventSource.CLOSED;
  latest().dispatchEvent(new Event('error'));
  expect(liveState.staleSince.value).not.toBeNull();
  expect(liveState.isLive.value).toBe(false);
  vi.advanceTimersByTime(3_000);
  expect(FakeEventSource.opened).toHaveLength(2);
  latest().dispatchEvent(new Event('open'));
  expect(liveState.staleSince.value).toBeNull();
  expect(invalidate).toHaveBeenCalledWith();
});
