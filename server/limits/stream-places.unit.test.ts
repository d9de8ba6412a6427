import { Gauge } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { streamPlaces } from './stream-places.ts';

const places = () => {
  const gauge = new Gauge({ name: 'streams', help: 'Streams', registers: [] });
  const count = async (): Promise<number | undefined> => (await gauge.get()).values[0]?.value;
  return { ...streamPlaces({ user: 2, tenant: 3, process: 6 }, gauge), count };
};

describe('places for streams', () => {
  it('are so many for each person, and come back once', async () => {
    const { take, count } = places();
    const giveBack = take('one', []);
    take('one', []);
    expect(() => take('one', [])).toThrow('request.too-many-streams');
    take('other', []);
    giveBack();
    giveBack();
    expect(await count()).toBe(2);
    take('one', []);
    expect(() => take('one', [])).toThrow('request.too-many-streams');
  });

  it('are so many for each tenant; who is in several is refused where none has one left', () => {
    const { take } = places();
    for (const user of ['a', 'b', 'c']) take(user, ['full']);
    expect(() => take('d', ['full'])).toThrow('request.too-many-streams');
    const giveBack = take('d', ['full', 'empty']);
    giveBack();
    expect(() => take('d', ['full'])).toThrow('request.too-many-streams');
  });

  it('are so many in all', () => {
    const { take } = places();
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f']) take(user, []);
    expect(() => take('g', [])).toThrow('server.busy');
  });
});
