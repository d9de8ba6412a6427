const providerFields = ['name', 'baseUrl', 'api', 'apiKey', 'models'] as const;

/** Places of the request that have a field of their own, where their faults are shown. */
export const fieldPointers = (providers: number): string[] => [
  '/projectId',
  '/clusterId',
  '/agentVersionId',
  '/name',
  '/labels',
  '/resources/cpu',
  '/resources/memory',
  '/resources/storage',
  '/configuration/agent/model',
  '/configuration/native',
  ...Array.from({ length: providers }, (_, index) =>
    providerFields.map((field) => `/configuration/providers/${index}/${field}`),
  ).flat(),
];
