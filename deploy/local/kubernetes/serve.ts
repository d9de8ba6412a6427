// Runs a local Kubernetes by itself, for work on what talks to one:
//   node deploy/local/kubernetes/serve.ts --directory D [--control-plane] [--image ARCHIVE]
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../directories.ts';
import { startKubernetes } from './index.ts';

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    'control-plane': { type: 'boolean', default: false },
    image: { type: 'string', multiple: true, default: [] },
  },
});
if (!values.directory) throw new Error('--directory is missing: where this Kubernetes keeps its data.');

const ending = new AbortController();
const end = Promise.withResolvers<void>();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    ending.abort();
    end.resolve();
  });
}

const say = (message: string, percent?: number) => {
  process.stdout.write(`${percent === undefined ? '' : `${percent}% `}${message}\n`);
};
const kubernetes = await startKubernetes({
  directory: values.directory,
  cacheDirectory: cacheDirectory(),
  node: !values['control-plane'],
  revive: true,
  report: say,
  signal: ending.signal,
});
if (kubernetes.nodeSkipped) say(`without a node: ${kubernetes.nodeSkipped}`);
const images: string[] = [];
for (const archive of values.image) images.push(...(await kubernetes.importImage(archive)));

const facts = {
  admin: kubernetes.adminKubeconfig,
  platform: kubernetes.platformKubeconfig,
  hostAddress: kubernetes.hostAddressFromPods,
  storageClass: kubernetes.storageClass,
  image: images.join(','),
};
const lines = Object.entries(facts).map(([name, value]) => `${name}=${value}\n`);
const readyFile = join(values.directory, 'READY');
writeFileSync(readyFile, lines.join(''));
say(lines.join(''));

await end.promise;
rmSync(readyFile, { force: true });
say('stopping');
await kubernetes.stop();
