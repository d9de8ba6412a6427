import { createHash } from 'node:crypto';
import type { Rendered } from '../adapter.ts';
import type { ModelProvider, UnifiedConfiguration } from '../configuration.ts';
import { type Json, type JsonObject, canonical, merge, valueAt } from './json.ts';
import { adminPlugin, ownedValues } from './owned-keys.ts';
import { configurationFile } from './process.ts';
import { plainEnvironmentOf, secretReferencesOf, secretVariable } from './variables.ts';

/** The unified part first, the native part over it, the platform's own keys last. */
export function renderDocument(configuration: UnifiedConfiguration): JsonObject {
  const unified = canonical(unifiedPart(configuration)) as JsonObject;
  const native = canonical(configuration.native) as JsonObject;
  const merged = merge(merge(unified, native), ownedValues(configuration.logging.level));
  return canonical(keepAdminPluginAllowed(merged)) as JsonObject;
}

export function render(configuration: UnifiedConfiguration): Rendered {
  const files = {
    [configurationFile]: `${JSON.stringify(renderDocument(configuration), null, 2)}\n`,
  };
  return {
    files,
    hash: hashOf(files),
    secretReferences: secretReferencesOf(configuration),
    environment: plainEnvironmentOf(configuration),
  };
}

function unifiedPart({ providers, agent, limits, logging }: UnifiedConfiguration): JsonObject {
  const primary = agent.model ?? firstModelOf(providers);
  return {
    agents: {
      defaults: {
        ...(primary !== null && { model: { primary } }),
        // on by default in OpenClaw, where each beat is a paid model call
        heartbeat: { every: `${agent.heartbeatMinutes}m` },
        ...(agent.timeoutSeconds !== undefined && { timeoutSeconds: agent.timeoutSeconds }),
        ...(limits.maxConcurrentRuns !== undefined && { maxConcurrent: limits.maxConcurrentRuns }),
      },
    },
    ...(providers.length > 0 && {
      models: {
        mode: 'replace',
        providers: Object.fromEntries(providers.map((one) => [one.name, providerOf(one)])),
      },
    }),
    logging: { level: logging.level },
  };
}

/** The model an agent uses when the configuration names none. */
function firstModelOf(providers: ModelProvider[]): string | null {
  const [provider] = providers;
  const model = provider?.models[0];
  return provider && model ? `${provider.name}/${model.id}` : null;
}

const providerOf = ({ baseUrl, api, apiKey, models }: ModelProvider): JsonObject => ({
  baseUrl,
  api,
  ...(apiKey && { apiKey: `\${${secretVariable(apiKey.secret)}}` }),
  models: models.map(({ id, name, contextWindow, maxTokens, reasoning, costPerMillionTokens: cost }) => ({
    id,
    name: name ?? id,
    contextWindow,
    maxTokens,
    reasoning,
    input: ['text'],
    ...(cost && {
      cost: { input: cost.input, output: cost.output, cacheRead: 0, cacheWrite: 0 },
    }),
  })),
});

/** Which plugins load is the tenant's business, but without this one the platform could not ask its agent. */
function keepAdminPluginAllowed(document: JsonObject): JsonObject {
  const allow = valueAt(document, ['plugins', 'allow']);
  const deny = valueAt(document, ['plugins', 'deny']);
  return merge(document, {
    plugins: {
      ...(Array.isArray(allow) && isRestrictive(allow) && { allow: [...allow, adminPlugin] }),
      ...(Array.isArray(deny) && { deny: deny.filter((plugin) => plugin !== adminPlugin) }),
    },
  });
}

/** An empty list restricts nothing. */
const isRestrictive = (allow: Json[]): boolean => allow.length > 0 && !allow.includes(adminPlugin);

function hashOf(files: Record<string, string>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).toSorted()) hash.update(`${name}\0${files[name]}\0`);
  return hash.digest('hex');
}
