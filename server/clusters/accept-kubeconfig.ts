import { parseKubeconfig } from '../../activities/runtimes/kubernetes/kubeconfig.ts';
import { Problem } from '../../workflows/contracts/problem.ts';

/**
 * Refuses what would run a program or read a file of the platform, or would send the platform's identity in clear.
 * @throws Problem 'cluster.kubeconfig-refused' with a pointer to where the document came in
 */
export function acceptKubeconfig(kubeconfig: string): void {
  try {
    parseKubeconfig(kubeconfig);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const fault = { pointer: '/kubeconfig', detail: error.detail ?? error.title };
    throw new Problem(error.code, error.detail, { faults: [fault], cause: error });
  }
}
