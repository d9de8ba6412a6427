import { setTimeout as delay } from 'node:timers/promises';
import { applyDirectly, readManifests, removeDirectly, renamed, type Manifests } from './direct.ts';
import { quantile, spreadOf, type Figure } from './figures.ts';
import { watchPods, type PodWatch } from './pod-watch.ts';
import { answered, purge, startRealProduct, succeeded, type RealProduct } from './real-product.ts';
import type { BenchOptions } from './run.ts';

/** All since the request was sent, in seconds. */
interface Started {
  podSeconds: number;
  readySeconds: number;
  /** The operation has succeeded: the configuration is proven live. */
  provenSeconds: number;
}

/** Between two starts, so that the one before does not reach into the next. */
const quietMs = 3_000;

/**
 * From the request to a ready agent through the product, against the very objects that it makes, created directly on
 * the same cluster. In turns; the first start, in which the configuration is checked by the agent's own program, is a
 * figure of its own.
 */
export async function benchStart(options: BenchOptions): Promise<Figure[]> {
  const { pairs, report, keep } = options;
  const place = await startRealProduct(options);
  const pods = keep(await watchPods(place.cluster));

  report('the first start, with the check of a configuration that was never seen');
  const first = await startThroughProduct(place, pods, 'warm-up');
  const manifests = await readManifests(place.cluster, place.tenantId, first.instanceId);
  await purge(place.administrator, first.instanceId);

  const measured: { product: Started; directSeconds: number }[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const productFirst = pair % 2 === 1;
    const before = productFirst ? await measureProduct(place, pods, `pair-${pair}`) : undefined;
    const directSeconds = await measureDirect(place, pods, manifests);
    const product = before ?? (await measureProduct(place, pods, `pair-${pair}`));
    measured.push({ product, directSeconds });
    report(
      `pair ${pair}: product pod ${product.podSeconds.toFixed(2)} s, ready ${product.readySeconds.toFixed(2)} s, ` +
        `proven ${product.provenSeconds.toFixed(2)} s; direct ready ${directSeconds.toFixed(2)} s`,
    );
  }

  const medianOf = (name: string, values: number[], target?: Figure['target']): Figure => ({
    name,
    value: quantile(values, 0.5),
    unit: 's',
    target,
  });
  const products = measured.map(({ product }) => product);
  return [
    medianOf('start-first-of-a-configuration', [first.readySeconds]),
    medianOf(
      'start-direct-ready',
      measured.map(({ directSeconds }) => directSeconds),
    ),
    medianOf(
      'start-product-ready',
      products.map(({ readySeconds }) => readySeconds),
    ),
    medianOf(
      'start-product-proven',
      products.map(({ provenSeconds }) => provenSeconds),
    ),
    medianOf(
      'start-product-pod',
      products.map(({ podSeconds }) => podSeconds),
      { atMost: 0.8 },
    ),
    ...spreadOf(
      'start-proven-ratio',
      measured.map((run) => run.product.provenSeconds / run.directSeconds),
      undefined,
    ),
    ...spreadOf(
      'start-ratio',
      measured.map((run) => run.product.readySeconds / run.directSeconds),
      { atMost: 1.1 },
    ),
  ];
}

async function startThroughProduct(
  { administrator, newInstance }: RealProduct,
  pods: PodWatch,
  name: string,
): Promise<Started & { instanceId: string }> {
  const sentMs = performance.now();
  const request = administrator.post('/instances', newInstance(name));
  const operation = (await answered(request, 202)) as { instanceId: string };
  const [pod, provenMs] = await Promise.all([
    pods.ready(operation.instanceId),
    succeeded(administrator, request).then(() => performance.now()),
  ]);
  return {
    instanceId: operation.instanceId,
    podSeconds: (pod.createdMs - sentMs) / 1_000,
    readySeconds: (pod.readyMs - sentMs) / 1_000,
    provenSeconds: (provenMs - sentMs) / 1_000,
  };
}

async function measureProduct(place: RealProduct, pods: PodWatch, name: string): Promise<Started> {
  const started = await startThroughProduct(place, pods, name);
  await purge(place.administrator, started.instanceId);
  await delay(quietMs);
  return started;
}

async function measureDirect({ cluster }: RealProduct, pods: PodWatch, manifests: Manifests): Promise<number> {
  const own = renamed(manifests);
  const sentMs = performance.now();
  await applyDirectly(cluster, own);
  const { readyMs } = await pods.ready(own.instanceId);
  await removeDirectly(cluster, own);
  await delay(quietMs);
  return (readyMs - sentMs) / 1_000;
}
