import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProductProcess, ProductProcessName } from '../../deploy/local/product-process.ts';
import type { Figure } from './figures.ts';
import { everyOperation } from './every-operation.ts';
import { historyCosts } from './history-costs.ts';
import { statementsOfOneList } from './list-cost.ts';
import { startRealProduct, type RealProduct } from './real-product.ts';
import type { BenchOptions } from './run.ts';

const restMs = 30_000;
const memoryTargets = { api: 200, worker: 450, observer: 200 } satisfies Record<ProductProcessName, number>;

/** What the product takes of others: history in Temporal, statements of PostgreSQL, memory of the machine. */
export async function benchCost(options: BenchOptions): Promise<Figure[]> {
  const { report } = options;
  const place = await startRealProduct(options);
  report(`waiting ${restMs / 1_000} s for the processes to come to rest`);
  await delay(restMs);
  const atRest = residentMemory(place.product);

  report('one operation of each kind');
  const operations = await everyOperation(place, report);
  const histories = await historyCosts(place.product.temporal, operations);
  report('one list request');
  const statements = await statementsOfOneList(place);
  const afterwards = residentMemory(place.product);

  return [
    ...histories,
    { name: 'list-statements', value: statements, target: { atMost: 5 } },
    ...memoryFigures('memory-after-work', afterwards, false),
    ...memoryFigures('memory-at-rest', atRest, true),
  ];
}

type Memory = Record<ProductProcessName, number>;

const residentMemory = ({ api, worker, observer }: RealProduct['product']): Memory => ({
  api: residentMiB(api),
  worker: residentMiB(worker),
  observer: residentMiB(observer),
});

function residentMiB(running: ProductProcess): number {
  const status = readFileSync(`/proc/${running.pid()}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

const memoryFigures = (name: string, memory: Memory, hasTarget: boolean): Figure[] =>
  Object.entries(memoryTargets).map(([kind, atMost]) => ({
    name: `${name}-${kind}`,
    value: memory[kind as ProductProcessName],
    unit: 'MiB',
    ...(hasTarget && { target: { atMost } }),
  }));
