import type { NewConfig } from '../../server/configs/config.schema.ts';
import type { RolloutStrategyInput } from '../../server/rollouts/rollout-order.schema.ts';
import type { z } from 'zod';
import type { ApiClient } from '../factories/api-client.ts';
import { held } from './scene.ts';

export type TemplateContent = Pick<z.input<typeof NewConfig>, 'configuration' | 'variables'>;

/** A configuration template, whose versions are published as a person does it. */
export class Template {
  readonly id: string;
  readonly #api: ApiClient;
  readonly #name: string;

  private constructor(api: ApiClient, { id, name }: { id: string; name: string }) {
    this.#api = api;
    this.id = id;
    this.#name = name;
  }

  /** Its first version, published; nothing is bound to it yet. */
  static async publish(
    api: ApiClient,
    { tenantId, name }: { tenantId: string; name: string },
    content: TemplateContent,
  ): Promise<Template> {
    const config = await held(api.post('/configs', { tenantId, name, agentKind: 'openclaw', ...content }), 201);
    await held(api.post(`/configs/${config.id}/publish`, {}), 200);
    return new Template(api, config);
  }

  /** Writes the next version and pushes it to what is bound. @returns the rollout's id */
  async push(content: TemplateContent, strategy: z.input<typeof RolloutStrategyInput>): Promise<string> {
    const path = `/configs/${this.id}`;
    const { headers } = await this.#api.get(path);
    await held(this.#api.put(path, { name: this.#name, ...content }, headers.get('etag') ?? ''), 200);
    const { rolloutId } = await held(this.#api.post(`${path}/publish`, { strategy }), 200);
    if (!rolloutId) throw new Error('Nothing is bound to the template');
    return rolloutId;
  }
}
