import type { InstanceAnswer } from '../../server/instances/instance.schema.ts';
import type { ApiClient } from '../factories/api-client.ts';
import { instanceOf } from './follow.ts';
import { Gateway } from './gateway.ts';
import { NodeView } from './node-view.ts';
import type { Scene } from './scene.ts';

/** All by which a change of a running agent shows, on the platform's side, the cluster's and its own. */
export interface Trace {
  revision: number;
  liveRevision: number | null;
  templateVersion: number | null;
  pod: string;
  /** Grows with every write to its files. */
  written: string | undefined;
  appliedConfigHash: string | null;
}

/** One running OpenClaw, as the platform, its cluster and it itself see it. */
export class Agent {
  readonly id: string;
  readonly gateway: Gateway;
  readonly #api: ApiClient;
  readonly #view: NodeView;

  constructor({ administrator, kubernetes }: Scene, instance: InstanceAnswer) {
    this.id = instance.id;
    this.#api = administrator;
    this.#view = new NodeView(kubernetes);
    this.gateway = new Gateway(kubernetes, this.#view, instance);
  }

  async read(): Promise<InstanceAnswer> {
    return (await instanceOf(this.#api, this.id)).instance;
  }

  async trace(): Promise<Trace> {
    const instance = await this.read();
    const { revision, liveRevision, templateVersion } = instance;
    const { appliedConfigHash } = await this.gateway.configGet();
    return {
      revision,
      liveRevision,
      templateVersion,
      pod: (await this.#view.podOf(instance)).uid,
      written: (await this.#view.configMapOf(instance)).metadata?.resourceVersion,
      appliedConfigHash,
    };
  }
}
