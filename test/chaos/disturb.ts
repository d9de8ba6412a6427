import { setTimeout as sleep } from 'node:timers/promises';
import type { ScaleProduct } from '../platform/scale-product.ts';

/** A part of the platform that dies without notice, and comes back at the same address with the same data. */
interface Victim {
  name: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface Kill {
  part: string;
  at: Date;
  /** From its death until it served again. */
  awayMs: number;
}

const longestPauseMs = 4_000;
const longestAbsenceMs = 2_000;

function victimsOf({ product, scale }: ScaleProduct): Victim[] {
  const { api, worker, observer, temporal, postgres } = product;
  const services = Object.entries({ api, worker, observer, temporal, postgres }).map(([name, service]) => ({
    name,
    kill: () => service.kill('SIGKILL'),
    restart: () => service.restart(),
  }));
  const apiServer = 'kube-apiserver';
  const { kubernetes } = scale;
  return [
    ...services,
    {
      name: apiServer,
      kill: () => kubernetes.killPart(apiServer, 'SIGKILL'),
      restart: () => kubernetes.startPart(apiServer),
    },
  ];
}

/**
 * Kills parts one after the other until so many have died, or `isOver`; all of them before one dies again. Which, when
 * and for how long is up to `random`; only how long each takes to start again is not.
 */
export async function disturb(
  place: ScaleProduct,
  kills: number,
  { random, isOver, report }: { random: () => number; isOver: () => boolean; report: (message: string) => void },
): Promise<Kill[]> {
  const done: Kill[] = [];
  let round: Victim[] = [];
  while (done.length < kills) {
    if (round.length === 0) round = victimsOf(place);
    const [victim] = round.splice(Math.floor(random() * round.length), 1);
    await sleep(random() * longestPauseMs);
    if (!victim || isOver()) break;
    const at = new Date();
    await victim.kill();
    await sleep(random() * longestAbsenceMs);
    await victim.restart();
    const awayMs = Date.now() - at.getTime();
    done.push({ part: victim.name, at, awayMs });
    report(`kill ${done.length}: ${victim.name}, back after ${(awayMs / 1_000).toFixed(1)} s`);
  }
  return done;
}
