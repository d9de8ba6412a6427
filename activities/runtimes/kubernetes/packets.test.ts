import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { InstanceRef } from '../runtime.ts';
import { labels, namespaceOf, podNameOf } from './names.ts';
import { joinCluster, type TestCluster } from './testing/cluster.ts';
import { buildFence } from './testing/fence.ts';
import { requireImage } from '../run-from.ts';
import { buildRunnable, withoutNode } from './testing/node.ts';
import { isAllowed, type PolicyPod } from './testing/policy-verdict.ts';
import { buildRef } from './testing/workload.ts';
import { openTunnel } from './tunnel.ts';

/** What `npm test` says at its end of what could not be shown here, since it would not count as shown. */
declare module 'vitest' {
  interface TaskMeta {
    notShown?: string;
  }
}

const gatewayPort = 8080;
const otherPort = 9090;
const answerWithinMs = 1_500;
const patience = { timeout: 60_000, interval: 200 };

/** Listens on both ports, and tries connections to where it is told. */
const prober = `
process.on('SIGTERM', () => process.exit(0));
const { connect } = require('node:net');
const attempt = ({ host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: ${answerWithinMs} });
  const end = (is) => { socket.destroy(); resolve(is); };
  socket.on('connect', () => end(true)).on('error', () => end(false)).on('timeout', () => end(false));
});
const server = () => require('node:http').createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.end(JSON.stringify(body ? await Promise.all(JSON.parse(body).map(attempt)) : null));
});
server().listen(${gatewayPort});
server().listen(${otherPort});`;

interface Prober {
  title: string;
  namespace: string;
  name: string;
  pod: PolicyPod;
}

describe.skipIf(withoutNode)(`packets on a real node${withoutNode}`, { timeout: 180_000 }, () => {
  const joined: TestCluster[] = [];
  let probers: Prober[];
  let platform: string;
  beforeAll(async () => {
    for (let tenants = 0; tenants < 2; tenants += 1) joined.push(await joinCluster());
    const refs: InstanceRef[] = [];
    for (const { runtime, tenantId, signal } of joined) {
      for (const name of ['one', 'other']) {
        const ref = buildRef(tenantId, name);
        await runtime.ensureInstance(ref, buildRunnable({ command: ['node', '-e', prober] }), buildFence(1), signal);
        await runtime.power(ref, 'on', buildFence(1), signal);
        refs.push(ref);
      }
    }
    platform = await startPlatform();
    probers = [
      ...(await Promise.all(
        refs.map((ref, index) => running(`agent ${index + 1}`, namespaceOf(ref.tenantId), podNameOf(ref.instanceId))),
      )),
      await running('platform', platform, 'worker'),
    ];
  }, 240_000);
  afterAll(async () => {
    const [first] = joined;
    if (first && platform) {
      const stored = await first.cluster.get('Namespace', undefined, platform, first.signal);
      const uid = stored?.metadata.uid;
      if (uid) await first.cluster.remove('Namespace', undefined, platform, { uid }, first.signal);
    }
    await Promise.all(joined.map((on) => on.leave()));
  });

  const on = (): TestCluster => {
    const [first] = joined;
    if (!first) throw new Error('No tenant has come yet');
    return first;
  };

  async function startPlatform(): Promise<string> {
    const { cluster, signal } = on();
    const namespace = `test-${randomUUID().slice(0, 8)}`;
    const metadata = { name: namespace, labels: { [labels.role]: 'platform' } };
    await cluster.create('Namespace', undefined, { apiVersion: 'v1', kind: 'Namespace', metadata }, signal);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'worker', namespace },
      spec: {
        dnsPolicy: 'Default',
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [{ name: 'worker', image: requireImage(buildRunnable().image), command: ['node', '-e', prober] }],
      },
    };
    // The service account, without which no pod is admitted, comes a moment after the namespace.
    await vi.waitFor(() => cluster.create('Pod', namespace, pod, signal), patience);
    return namespace;
  }

  const running = (title: string, namespace: string, name: string): Promise<Prober> =>
    vi.waitFor(async () => {
      const { cluster, signal } = on();
      const [stored, space] = await Promise.all([
        cluster.get('Pod', namespace, name, signal),
        cluster.get('Namespace', undefined, namespace, signal),
      ]);
      const address = stored?.status?.podIP;
      if (!address || !stored.status?.containerStatuses?.every(({ state }) => state?.running)) {
        throw new Error(`${title} does not run yet: ${stored?.status?.phase}`);
      }
      const ofSpace = { name: namespace, labels: space?.metadata.labels ?? {} };
      const pod = { namespace: ofSpace, labels: stored.metadata.labels ?? {}, addresses: [address] };
      await tried({ title, namespace, name, pod }, []);
      return { title, namespace, name, pod };
    }, patience);

  /** Through the API server, which enters the pod's own network: policies do not see it. */
  async function tried(from: Prober, targets: { host: string; port: number }[]): Promise<boolean[]> {
    const { cluster, signal } = on();
    const tunnel = await openTunnel(cluster.access, from.namespace, from.name, gatewayPort, signal);
    try {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      request({ method: 'POST', createConnection: () => tunnel.stream, headers: { connection: 'close' } }, resolve)
        .on('error', reject)
        .end(JSON.stringify(targets));
      return (await json(await promise)) as boolean[];
    } finally {
      tunnel.close();
    }
  }

  const tries = async (from: Prober, to: Prober, port: number): Promise<boolean> =>
    (await tried(from, [{ host: to.pod.addresses[0] ?? '', port }]))[0] === true;

  it('go between pods exactly where the written policies let them', async ({ skip, task }) => {
    const { cluster, signal } = on();
    const policies = (await cluster.list('NetworkPolicy', undefined, {}, signal)).items;
    const [agent, , stranger, , worker] = probers;
    if (!agent || !stranger || !worker) throw new Error('Not all of them run');
    // Without this, silence would say nothing.
    expect(await tries(worker, agent, gatewayPort)).toBe(true);

    if (await tries(agent, stranger, gatewayPort)) {
      task.meta.notShown = 'network policies with packets: not enforced by this node’s network: not shown';
      skip(task.meta.notShown);
    }
    const wrong: string[] = [];
    for (const from of probers) {
      for (const to of probers.filter((one) => one !== from)) {
        for (const port of [gatewayPort, otherPort]) {
          const passes = await tries(from, to, port);
          const should = isAllowed(policies, { from: from.pod, to: to.pod, protocol: 'TCP', port });
          if (passes !== should)
            wrong.push(`${from.title} -> ${to.title} ${port}: ${passes ? 'passes' : 'is dropped'}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
