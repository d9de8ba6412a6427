/**
 * Like Promise.all, but fails only once all have ended one way or the other: nothing is still being started then
 * that nobody would end.
 */
export async function allSettled<Promises extends readonly unknown[] | []>(
  promises: Promises,
): Promise<{ -readonly [Index in keyof Promises]: Awaited<Promises[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
