/** At most `atMost` at a time for each key; who comes later waits, in order. */
export function oneAtATime(atMost = 1): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const underWay = new Map<string, { count: number; waiting: (() => void)[] }>();
  return async (key, work) => {
    const place = underWay.get(key) ?? { count: 0, waiting: [] };
    underWay.set(key, place);
    // Who leaves hands his place on without giving it back, so that nobody gets in between.
    if (place.count < atMost) place.count += 1;
    else await new Promise<void>((resolve) => place.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = place.waiting.shift();
      if (next) next();
      else if ((place.count -= 1) === 0) underWay.delete(key);
    }
  };
}
