import { createHash } from 'node:crypto';
import type { Rendered } from '../adapter.ts';
import type { ModelProvider, UnifiedConfiguration } from '../configuration.ts';
import { hashOfFiles } from '../hash-of-files.ts';
import { type JsonObject, canonical, isObject, merge } from '../json.ts';
import { plainEnvironmentOf, secretReferencesOf, secretVariable } from '../variables.ts';
import { placeholder } from './dialect.ts';
import { ownedValues, usagePlugin } from './owned-keys.ts';
import { configurationFile } from './process.ts';

const schema = 'https://opencode.ai/config.json';

/**
 * The unified part first, the native part over it, the platform's own keys last. The fragment of `$schema` is a hash of
 * all the rest: OpenCode gives it back as it stands, so that it tells which file a process has read.
 */
export function renderDocument(configuration: UnifiedConfiguration): JsonObject {
  const unified = canonical(unifiedPart(configuration)) as JsonObject;
  const native = canonical(configuration.native) as JsonObject;
  const merged = merge(unified, native);
  const { provider, plugin } = merged;
  const document = canonical({
    ...merged,
    ...ownedValues(configuration.logging.level, isObject(provider) ? Object.keys(provider) : []),
    plugin: [usagePlugin, ...(Array.isArray(plugin) ? plugin.filter((one) => one !== usagePlugin) : [])],
  });
  const mark = createHash('sha256').update(JSON.stringify(document)).digest('hex');
  return canonical({ ...(document as JsonObject), $schema: `${schema}#${mark}` }) as JsonObject;
}

export function render(configuration: UnifiedConfiguration): Rendered {
  const files = { [configurationFile]: `${JSON.stringify(renderDocument(configuration), null, 2)}\n` };
  return {
    files,
    hash: hashOfFiles(files),
    secretReferences: secretReferencesOf(configuration),
    environment: plainEnvironmentOf(configuration),
  };
}

function unifiedPart({ providers, agent }: UnifiedConfiguration): JsonObject {
  const [provider] = providers;
  const first = provider?.models[0] && `${provider.name}/${provider.models[0].id}`;
  const model = agent.model ?? first;
  return {
    // a title is a model call of its own, which no event tells of: it could not be counted
    agent: { title: { disable: true } },
    ...(model !== undefined && { model, small_model: model }),
    ...(providers.length > 0 && { provider: Object.fromEntries(providers.map((one) => [one.name, providerOf(one)])) }),
  };
}

/** These libraries are inside the program; what the native part names besides comes from npm when it is first used. */
const libraries: Record<ModelProvider['api'], string> = {
  'openai-completions': '@ai-sdk/openai-compatible',
  'openai-responses': '@ai-sdk/openai',
  'anthropic-messages': '@ai-sdk/anthropic',
  'google-generative-ai': '@ai-sdk/google',
};

const providerOf = ({ name, baseUrl, api, apiKey, models }: ModelProvider): JsonObject => ({
  name,
  npm: libraries[api],
  options: { baseURL: baseUrl, ...(apiKey && { apiKey: placeholder(secretVariable(apiKey.secret)) }) },
  models: Object.fromEntries(
    models.map(({ id, name: title, contextWindow, maxTokens, reasoning, costPerMillionTokens: cost }) => [
      id,
      {
        name: title ?? id,
        reasoning,
        limit: { context: contextWindow, output: maxTokens },
        ...(cost && { cost: { input: cost.input, output: cost.output } }),
      },
    ]),
  ),
});
