import type { components } from '../api/schema.d.ts';
import type { NewInstance } from '../api/types.ts';
import { noTemplate, type ChosenTemplate } from '../configs/use-template-choice.ts';
import type { MessageKey } from '../i18n/use-text.ts';
import { parseJsonObject } from '../ui/parse-json-object.ts';

type Provider = components['schemas']['ModelProvider'];

export const providerApis = [
  'openai-completions',
  'openai-responses',
  'anthropic-messages',
  'google-generative-ai',
] as const satisfies Provider['api'][];

export interface ProviderForm {
  name: string;
  baseUrl: string;
  api: Provider['api'];
  secret: string;
  /** Identifiers, separated by commas. */
  models: string;
}

/** What is typed. Kept as text, so that nothing that was entered gets lost on the way to the api and back. */
export interface InstanceForm {
  projectId: string;
  /** Empty: the platform chooses, among those with the labels below. */
  clusterId: string;
  clusterLabels: string;
  agentVersionId: string;
  name: string;
  labels: string;
  cpu: string;
  memory: string;
  storage: string;
  providers: ProviderForm[];
  model: string;
  native: string;
  template: ChosenTemplate;
  /** With a template: what this instance sets over it, as JSON. */
  own: string;
}

export const emptyProvider = (): ProviderForm => ({
  name: '',
  baseUrl: '',
  api: 'openai-completions',
  secret: '',
  models: '',
});

export const emptyForm = (): InstanceForm => ({
  projectId: '',
  clusterId: '',
  clusterLabels: '',
  agentVersionId: '',
  name: '',
  labels: '',
  cpu: '',
  memory: '',
  storage: '',
  providers: [],
  model: '',
  native: '',
  template: noTemplate(),
  own: '',
});

/** Faults that the portal itself finds, by the pointer of the field. The api finds the rest. */
export function formFaults(form: InstanceForm): Partial<Record<string, MessageKey>> {
  const faults: Partial<Record<string, MessageKey>> = {};
  const [place, text] = form.template.templateId
    ? (['/configuration', form.own] as const)
    : (['/configuration/native', form.native] as const);
  const { fault } = parseJsonObject(text);
  if (fault) faults[place] = fault;
  if (!isLabels(form.labels)) faults['/labels'] = 'instances.labelsFault';
  if (!form.clusterId && !isLabels(form.clusterLabels)) faults['/clusterLabels'] = 'instances.labelsFault';
  return faults;
}

const isLabels = (text: string): boolean => labelLines(text).every((line) => /^[^=\s]+=\S*$/.test(line));

const labelLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    labelLines(text).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

const providerOf = ({ name, baseUrl, api, secret, models }: ProviderForm): Provider => ({
  name: name.trim(),
  baseUrl: baseUrl.trim(),
  api,
  ...(secret && { apiKey: { secret } }),
  models: models
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
    .map((id) => ({ id })),
});

/** A list that is given replaces the one of the layers above, also an empty one: so none is given. */
const configurationOf = (form: InstanceForm): NonNullable<NewInstance['configuration']> => ({
  ...(form.providers.length > 0 && { providers: form.providers.map(providerOf) }),
  ...(form.model.trim() && { agent: { model: form.model.trim() } }),
  ...(form.native.trim() && { native: parseJsonObject(form.native).value ?? {} }),
});

export const resourcesOf = ({ cpu, memory, storage }: Pick<InstanceForm, 'cpu' | 'memory' | 'storage'>) => ({
  ...(cpu.trim() && { cpu: cpu.trim() }),
  ...(memory.trim() && { memory: memory.trim() }),
  ...(storage.trim() && { storage: storage.trim() }),
});

/** What of a choice is sent; nothing where there is none. */
const templateOf = ({ templateId, templateVersion, variables }: ChosenTemplate) =>
  templateId ? { templateId, variables, ...(templateVersion && { templateVersion }) } : {};

/** A cluster, or labels to choose one by, or neither. */
const placeOf = ({ clusterId, clusterLabels }: InstanceForm) => {
  if (clusterId) return { clusterId };
  return labelLines(clusterLabels).length > 0 ? { clusterLabels: labelsOf(clusterLabels) } : {};
};

export const newInstanceOf = (form: InstanceForm): NewInstance => ({
  projectId: form.projectId,
  ...placeOf(form),
  agentVersionId: form.agentVersionId,
  name: form.name.trim(),
  labels: labelsOf(form.labels),
  ...templateOf(form.template),
  configuration: form.template.templateId ? (parseJsonObject(form.own).value ?? {}) : configurationOf(form),
  resources: resourcesOf(form),
});
