export { importIntoRunning } from './images.ts';
export type { LocalKubernetes } from './local-kubernetes.ts';
export { prepareKubernetes } from './prepare-kubernetes.ts';
export { removeKubernetes } from './remove-kubernetes.ts';
export { startKubernetes, type StartOptions } from './start-kubernetes.ts';
