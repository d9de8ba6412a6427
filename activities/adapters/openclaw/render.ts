import type { Rendered } from '../adapter.ts';
import type { ModelProvider, UnifiedConfiguration } from '../configuration.ts';
import { hashOfFiles } from '../hash-of-files.ts';
import { type JsonObject, canonical, merge, valueAt } from '../json.ts';
import { metricsPluginPath } from './assets.ts';
import { ownedValues, platformPlugins } from './owned-keys.ts';
import { configurationFile } from './process.ts';
import { plainEnvironmentOf, secretReferencesOf, secretVariable } from '../variables.ts';

/** The unified part first, the native part over it, the platform's own keys last. */
export function renderDocument(configuration: UnifiedConfiguration): JsonObject {
  const unified = canonical(unifiedPart(configuration)) as JsonObject;
  const native = canonical(configuration.native) as JsonObject;
  const merged = merge(merge(unified, native), ownedValues(configuration.logging.level));
  return canonical(keepPlatformPlugins(merged)) as JsonObject;
}

export function render(configuration: UnifiedConfiguration): Rendered {
  const files = {
    [configurationFile]: `${JSON.stringify(renderDocument(configuration), null, 2)}\n`,
  };
  return {
    files,
    hash: hashOfFiles(files),
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

/** Which plugins load is the tenant's business, but the platform's own are found and never shut out. */
function keepPlatformPlugins(document: JsonObject): JsonObject {
  const [allow, deny] = ['allow', 'deny'].map((key) => valueAt(document, ['plugins', key]));
  const paths = valueAt(document, ['plugins', 'load', 'paths']);
  return merge(document, {
    plugins: {
      // an empty list restricts nothing
      ...(Array.isArray(allow) && allow.length > 0 && { allow: [...new Set([...allow, ...platformPlugins])] }),
      ...(Array.isArray(deny) && { deny: deny.filter((plugin) => !platformPlugins.includes(plugin)) }),
      // the first of two plugins with one name wins
      load: { paths: [...new Set([metricsPluginPath, ...(Array.isArray(paths) ? paths : [])])] },
    },
  });
}
