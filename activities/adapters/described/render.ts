import { createHash } from 'node:crypto';
import type { Rendered } from '../adapter.ts';
import type { ModelProvider, UnifiedConfiguration } from '../configuration.ts';
import { hashOfFiles } from '../hash-of-files.ts';
import { type JsonObject, canonical, merge } from '../json.ts';
import { plainEnvironmentOf, secretReferencesOf, secretVariable } from '../variables.ts';
import type { AgentKindDescription } from './description.ts';
import { placeholderOf } from './dialect.ts';
import { write } from './formats.ts';
import { fill } from './template.ts';

/** The template first, the native part over it, the owned keys last; the mark is a hash of all the rest. */
export function renderDocument(description: AgentKindDescription, configuration: UnifiedConfiguration): JsonObject {
  const marked = (mark: string): JsonObject => {
    const view = viewOf(description, configuration, mark);
    const [template, owned] = [description.configuration.template, description.configuration.owned].map(
      (one) => fill(one, view) as JsonObject,
    ) as [JsonObject, JsonObject];
    const merged = merge(merge(template, canonical(configuration.native) as JsonObject), owned);
    return canonical(merged) as JsonObject;
  };
  return marked(
    createHash('sha256')
      .update(JSON.stringify(marked('')))
      .digest('hex'),
  );
}

export function render(description: AgentKindDescription, configuration: UnifiedConfiguration): Rendered {
  const { format, file } = description.configuration;
  const files = { [file]: write[format](renderDocument(description, configuration)) };
  return {
    files,
    hash: hashOfFiles(files),
    secretReferences: secretReferencesOf(configuration),
    environment: plainEnvironmentOf(configuration),
  };
}

/** What templates ask for: the unified configuration with its defaults worked out, and secrets as variables. */
function viewOf(description: AgentKindDescription, configuration: UnifiedConfiguration, mark: string): JsonObject {
  const { providers, agent, limits, logging } = configuration;
  const [first] = providers;
  const model = agent.model ?? (first?.models[0] && `${first.name}/${first.models[0].id}`);
  const slash = model?.indexOf('/') ?? -1;
  const canName = description.configuration.variable !== null;
  const shown = providers.map((one) => providerView(description, one));
  return canonical({
    port: description.port,
    mark,
    ...(canName && { gatewayToken: placeholderOf(description, description.gatewayTokenVariable) }),
    agent: {
      ...defined(agent),
      ...(model !== undefined && { model, provider: model.slice(0, slash), modelId: model.slice(slash + 1) }),
    },
    limits: defined(limits),
    logging,
    providers: shown,
    models: shown.flatMap(({ models }) => models),
  }) as JsonObject;
}

/** Each model says again how its provider is reached, for programs that keep one list of models. */
function providerView(description: AgentKindDescription, { apiKey, models, ...provider }: ModelProvider) {
  const canName = apiKey !== undefined && description.configuration.variable !== null;
  const reached = {
    ...provider,
    ...(canName && { apiKey: placeholderOf(description, secretVariable(apiKey.secret)) }),
  };
  return {
    ...reached,
    models: models.map((one) => ({
      ...reached,
      ...defined({ ...one, name: one.name ?? one.id }),
      provider: provider.name,
      reference: `${provider.name}/${one.id}`,
    })),
  };
}

const defined = (record: object): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
