import type { InstanceForm } from './instance-form.ts';

const providerFields = ['name', 'baseUrl', 'api', 'apiKey', 'models'] as const;

/** Places of the request that have a field of their own, where their faults are shown. */
export const fieldPointers = ({ providers, template }: InstanceForm): string[] => [
  '/projectId',
  '/clusterId',
  '/clusterLabels',
  '/agentVersionId',
  '/name',
  '/labels',
  '/resources/cpu',
  '/resources/memory',
  '/resources/storage',
  '/templateId',
  '/templateVersion',
  '/variables',
  '/configuration/agent/model',
  '/configuration/native',
  ...(template.templateId ? ['/configuration'] : []),
  ...providers.flatMap((_, index) => providerFields.map((field) => `/configuration/providers/${index}/${field}`)),
];
