import { machineRuntime } from '../../../activities/runtimes/machine/index.ts';
import { noProcesses, openMachineSite, optionsOf } from './machine-site.ts';
import { describeRuntime } from './suite.ts';

describeRuntime('machine', {
  skip: noProcesses,
  start: async () => ({
    ...openMachineSite((directory) => machineRuntime({ ...optionsOf(directory), host: { kind: 'local' } })),
    severable: null,
  }),
});
