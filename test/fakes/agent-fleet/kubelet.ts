import { createServer, type Server } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../activities/runtimes/kubernetes/cluster.ts';
import { follow } from '../../../activities/runtimes/kubernetes/follow.ts';
import { labels, platformName } from '../../../activities/runtimes/kubernetes/names.ts';
import type { Agents } from './agents.ts';
import { ended, isReadyPod, probed, type Pod, type WritePodStatus } from './pod-status.ts';

const retryMs = 500;
/** At most so many are checked by one process; a verdict too many is not read. */
const filesOfFolder = 25;

/**
 * What the kubelets of simulated nodes would do beyond starting and ending pods: probes, the end of one-shots, logs.
 * KWOK does the rest.
 */
export class Kubelet {
  readonly #agents: Agents;
  readonly #write: WritePodStatus;
  readonly #cluster: Cluster;
  readonly #pods = new Map<string, Pod>();
  readonly #busy = new Set<string>();

  constructor(cluster: Cluster, agents: Agents, write: WritePodStatus) {
    this.#cluster = cluster;
    this.#agents = agents;
    this.#write = write;
  }

  /** Follows the platform's pods until `signal` ends it. */
  follow(signal: AbortSignal): Promise<void> {
    const labelSelector = `${labels.managedBy}=${platformName}`;
    const onRemoval = (pod: Pod): void => {
      this.#pods.delete(pod.metadata.uid);
      this.#forget(pod);
    };
    const onChange = (pod: Pod): void => this.#see(pod);
    const onList = async (pods: AsyncIterable<Pod>): Promise<void> => {
      const gone = new Map(this.#pods);
      for await (const pod of pods) {
        gone.delete(pod.metadata.uid);
        onChange(pod);
      }
      for (const pod of gone.values()) onRemoval(pod);
    };
    const onLost = (error: unknown) => void process.stderr.write(`the watch of pods is lost: ${String(error)}\n`);
    return follow(this.#cluster, { kind: 'Pod', labelSelector, onList, onChange, onRemoval, onLost }, signal);
  }

  /** The rules have changed. */
  settleAll(): void {
    for (const pod of this.#pods.values()) this.#settle(pod.metadata.uid);
  }

  get readyPods(): number {
    return [...this.#pods.values()].filter(isReadyPod).length;
  }

  /** Logs, for which the API server asks the kubelet. */
  serve(port: number, tls: { cert: string; key: string }): Server {
    return createServer(tls, (request, response) => {
      const [, verb, namespace, name] = (request.url ?? '').split(/[/?]/);
      const pod = [...this.#pods.values()].find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
      );
      if (verb !== 'containerLogs' || !pod) return void response.writeHead(404).end();
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(pod.metadata.labels?.[labels.oneShot] ? this.#verdictOf(pod) : '');
    }).listen(port, '127.0.0.1');
  }

  /** As the agent's own program speaks: of one file, or of each file of a folder behind a line that names it. */
  #verdictOf({ metadata, spec }: Pod): string {
    const { failsChecks } = this.#agents.scriptOf(metadata.labels ?? {});
    const issues = failsChecks ? [{ path: '<root>', message: 'The script fails this check.' }] : [];
    const verdict = JSON.stringify({ valid: !failsChecks, issues });
    const isOfFolder = spec?.containers[0]?.command?.some((part) => part.includes('===')) ?? false;
    if (!isOfFolder) return `${verdict}\n`;
    return Array.from({ length: filesOfFolder }, (_, index) => `=== ${index}.json\n${verdict}\n`).join('');
  }

  #see(pod: Pod): void {
    const { uid, labels: own = {} } = pod.metadata;
    this.#pods.set(uid, pod);
    const instanceId = own[labels.instance];
    const isRunning = pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp;
    if (instanceId && isRunning) {
      const agent = this.#agents.of(instanceId);
      if (agent.process?.uid !== uid) agent.begin(uid);
      if (agent.process) agent.process.ready = isReadyPod(pod);
    } else if (instanceId) this.#forget(pod);
    if (isRunning) this.#settle(uid);
    if (pod.metadata.deletionTimestamp) this.#remove(uid);
  }

  #forget({ metadata }: Pod): void {
    const agent = this.#agents.byId.get(metadata.labels?.[labels.instance] ?? '');
    if (agent?.process?.uid === metadata.uid) agent.process = null;
  }

  /** A process that is asked to end does so, in its time. */
  #remove(uid: string): void {
    let isAsked = false;
    void this.#repeat(`-${uid}`, async () => {
      const pod = this.#pods.get(uid);
      if (!pod) return 'done';
      const { namespace, name, labels: own = {} } = pod.metadata;
      if (!isAsked) await sleep(this.#agents.scriptOf(own).stopSeconds * 1_000);
      isAsked = true;
      const signal = AbortSignal.timeout(10_000);
      await this.#cluster.remove('Pod', namespace, name, { uid, gracePeriodSeconds: 0 }, signal);
      return 'again';
    });
  }

  /** Brings a running pod's status in line with its script, in time. */
  #settle(uid: string): void {
    void this.#repeat(uid, async () => {
      const pod = this.#pods.get(uid);
      if (!pod || pod.metadata.deletionTimestamp || pod.status?.phase !== 'Running') return 'done';
      const { labels: own = {} } = pod.metadata;
      const script = this.#agents.scriptOf(own);
      if (own[labels.oneShot] !== undefined) {
        await this.#write(pod, ended(pod, script.failsChecks ? 1 : 0));
        return 'again';
      }
      if (isReadyPod(pod) === script.isReady) return 'done';
      const startedMs = Date.parse(pod.status.containerStatuses?.[0]?.state?.running?.startedAt ?? '');
      const waitMs = startedMs + script.readySeconds * 1_000 - Date.now();
      if (script.isReady && waitMs > 0) await sleep(waitMs);
      else await this.#write(pod, probed(pod, script.isReady));
      return 'again';
    });
  }

  /** Until nothing is left to do: the watch tells what came of it, and what failed is tried again. */
  async #repeat(what: string, once: () => Promise<'done' | 'again'>): Promise<void> {
    if (this.#busy.has(what)) return;
    this.#busy.add(what);
    try {
      for (;;) {
        const state = await once().catch((error: unknown) => {
          process.stderr.write(`${what}: ${String(error)}\n`);
          return 'again' as const;
        });
        if (state === 'done') return;
        await sleep(retryMs);
      }
    } finally {
      this.#busy.delete(what);
    }
  }
}
