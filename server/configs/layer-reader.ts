import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { KnownSecrets } from '../secrets/known-secrets.ts';
import { ConfigTemplate } from './config-template.entity.ts';
import { ConfigVersion } from './config-version.entity.ts';
import { ConfigDefaults, PlatformDefaults } from './defaults.entity.ts';
import type { Layer } from './layers.ts';
import { resolveLayers, type LayersToResolve, type ResolvedLayers } from './resolve-layers.ts';

/** A template in one version, as a layer needs it. */
export interface VersionedTemplate {
  template: ConfigTemplate;
  version: ConfigVersion;
}

/**
 * Layers and templates as one transaction sees them, each read once: a thousand instances of a rollout share them, and
 * what they share besides is resolved once, too.
 */
export class LayerReader {
  readonly secrets: KnownSecrets;
  readonly #tx: Transaction;
  readonly #above = new Map<string, Promise<Layer[]>>();
  readonly #templates = new Map<string, Promise<ConfigTemplate>>();
  readonly #versions = new Map<string, Promise<VersionedTemplate>>();
  readonly #resolved = new Map<string, ResolvedLayers>();

  constructor(tx: Transaction) {
    this.#tx = tx;
    this.secrets = new KnownSecrets(tx);
  }

  /** The defaults that lie above a template: platform, tenant and, where one is named, project. */
  layersAbove(place: { tenantId: string; projectId: string | null }, agentKind: string): Promise<Layer[]> {
    return once(this.#above, `${place.tenantId} ${place.projectId} ${agentKind}`, () => this.#read(place, agentKind));
  }

  /** @throws Problem 'config.unknown' */
  template(tenantId: string, id: string): Promise<ConfigTemplate> {
    return once(this.#templates, `${tenantId} ${id}`, async () => {
      const template = await this.#tx.em.findOne(ConfigTemplate, { tenantId, id });
      if (!template) throw new Problem('config.unknown', id);
      return template;
    });
  }

  /** @throws Problem 'config.unknown', 'config.version-unknown' */
  version(tenantId: string, id: string, version: number): Promise<VersionedTemplate> {
    return once(this.#versions, `${tenantId} ${id} ${version}`, async () => {
      const template = await this.template(tenantId, id);
      const found = await this.#tx.em.findOne(ConfigVersion, { tenantId, templateId: id, version });
      if (!found) throw new Problem('config.version-unknown', `${template.name} has no version ${version}`);
      return { template, version: found };
    });
  }

  /** As `resolveLayers`, which is the same for all instances with the same layers. */
  resolve(key: readonly unknown[], layers: LayersToResolve): ResolvedLayers {
    const text = JSON.stringify([key, layers.variables, layers.instance]);
    const known = this.#resolved.get(text);
    if (known) return known;
    const resolved = resolveLayers(layers);
    this.#resolved.set(text, resolved);
    return resolved;
  }

  async #read({ tenantId, projectId }: { tenantId: string; projectId: string | null }, agentKind: string) {
    const ofPlatform = await this.#tx.em.findOne(PlatformDefaults, { agentKind });
    const within = await this.#tx.em.find(ConfigDefaults, {
      tenantId,
      agentKind,
      $or: [{ projectId: null }, ...(projectId === null ? [] : [{ projectId }])],
    });
    const ofTenant = within.find((defaults) => !defaults.projectId);
    const ofProject = within.find((defaults) => defaults.projectId);
    return [layer('platform', ofPlatform), layer('tenant', ofTenant), layer('project', ofProject)].flat();
  }
}

const layer = (name: Layer['name'], defaults: Pick<Layer, 'configuration' | 'locks'> | null | undefined): Layer[] =>
  defaults ? [{ name, configuration: defaults.configuration, locks: defaults.locks }] : [];

function once<Value>(kept: Map<string, Promise<Value>>, key: string, read: () => Promise<Value>): Promise<Value> {
  const known = kept.get(key) ?? read();
  kept.set(key, known);
  return known;
}
