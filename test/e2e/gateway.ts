import { openClawAdapter } from '../../activities/adapters/openclaw/adapter.ts';
import { callAdmin } from '../../activities/adapters/openclaw/admin.ts';
import type { AgentHandle } from '../../activities/adapters/adapter.ts';
import { kubernetesRuntime } from '../../activities/runtimes/kubernetes/index.ts';
import type { AgentRequest, AgentResponse, Runtime } from '../../activities/runtimes/runtime.ts';
import type { InstanceAnswer } from '../../server/instances/instance.schema.ts';
import type { TestKubernetes } from '../platform/kubernetes.ts';
import type { NodeView } from './node-view.ts';

const { gatewayTokenVariable } = openClawAdapter.rules;
const port = 18_789;
const forever = new AbortController().signal;

/** The gateway of one instance, reached by the runtime's own tunnel with the token from the cluster. */
export class Gateway {
  readonly #runtime: ReturnType<typeof kubernetesRuntime>;
  readonly #view: NodeView;
  readonly #instance: InstanceAnswer;

  constructor(kubernetes: TestKubernetes, view: NodeView, instance: InstanceAnswer) {
    this.#runtime = kubernetesRuntime({ kubeconfig: kubernetes.platformKubeconfig });
    this.#view = view;
    this.#instance = instance;
  }

  /** One turn of a conversation. @returns what the agent says */
  async chat(conversation: string, said: string): Promise<string> {
    const { runtime, ref, gatewayToken } = await this.handle();
    const request: AgentRequest = {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${gatewayToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openclaw/default',
        user: conversation,
        messages: [{ role: 'user', content: said }],
      }),
      timeoutMs: 120_000,
    };
    const { status, body } = await runtime.reach(ref, port, request, forever);
    if (status !== 200) throw new Error(`The agent answers ${status}: ${body}`);
    return (JSON.parse(body) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';
  }

  /** What the agent says of the file that it reads and the one that it runs with. */
  async configGet(handle?: AgentHandle): Promise<ConfigGet> {
    const answer = await callAdmin(handle ?? (await this.handle()), 'config.get', {}, forever);
    if (answer.state !== 'answered') throw new Error(answer.reason);
    return answer.payload as ConfigGet;
  }

  async handle(): Promise<AgentHandle> {
    return this.#handleBy(this.#runtime);
  }

  /** Past the kubelet, straight to the pod's address: works while the kubelet stands still. */
  async directHandle(): Promise<AgentHandle> {
    const { address } = await this.#view.podOf(this.#instance);
    return this.#handleBy({ ...this.#runtime, reach: (_ref, at, call) => exchange(`http://${address}:${at}`, call) });
  }

  async #handleBy(runtime: Runtime): Promise<AgentHandle> {
    const { tenantId, projectId, id, name } = this.#instance;
    const gatewayToken = await this.#view.gatewayTokenOf(this.#instance, gatewayTokenVariable);
    return { runtime, ref: { tenantId, projectId, instanceId: id, name }, port, gatewayToken };
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }
}

interface ConfigGet {
  valid: boolean;
  configRevisionHash: string | null;
  appliedConfigHash: string | null;
  parsed: unknown;
}

async function exchange(
  origin: string,
  { path, method, headers, body, timeoutMs }: AgentRequest,
): Promise<AgentResponse> {
  const response = await fetch(`${origin}${path}`, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
  return { status: response.status, body: await response.text() };
}
