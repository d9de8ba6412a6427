import { describe, expect, it, vi } from 'vitest';
import { problemOf, type ProblemError } from './problem.ts';
import { createQueryClient } from './query-client.ts';

const limited = (headers: Record<string, string>): ProblemError =>
  problemOf({ code: 'request.rate-limited' }, new Response(null, { status: 429, headers }));

describe('a question that is asked again', () => {
  it('waits as long as the server says', async () => {
    vi.useFakeTimers();
    const ask = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(limited({ 'Retry-After': '7' }))
      .mockResolvedValue('yes');
    const answer = createQueryClient().fetchQuery({ queryKey: ['x'], queryFn: ask });
    await vi.advanceTimersByTimeAsync(6_900);
    expect(ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await answer).toBe('yes');
    vi.useRealTimers();
  });

  it('is left to the person where he would have to wait for long', async () => {
    const ask = vi.fn<() => Promise<string>>().mockRejectedValue(limited({ 'Retry-After': '42' }));
    const answer = createQueryClient().fetchQuery({ queryKey: ['x'], queryFn: ask });
    await expect(answer).rejects.toMatchObject({ retryAfterSeconds: 42 });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('is none where waiting alone does not help', () => {
    expect(limited({ 'Retry-After': '7' })).toMatchObject({ isTransient: true, retryAfterSeconds: 7 });
    expect(limited({})).toMatchObject({ isTransient: false, retryAfterSeconds: null });
    expect(limited({ 'Retry-After': 'Fri, 27 Nov 2026 00:00:00 GMT' }).retryAfterSeconds).toBeNull();
  });
});
