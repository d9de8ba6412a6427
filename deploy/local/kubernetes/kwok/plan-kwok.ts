import { fileURLToPath } from 'node:url';
import { writeKubeconfig } from '../kubeconfig.ts';
import type { Layout } from '../layout.ts';
import type { PartPlan } from '../part.ts';

const stages = fileURLToPath(new URL('stages.yaml', import.meta.url));

/**
 * All nodes, without leases: a KWOK that is killed and started again would ignore its pods until the old ones expire.
 * @param kubeletPort of the server on this machine that answers for the kubelets, such as with logs
 */
export function planKwok(layout: Layout, program: string, kubeletPort: number): PartPlan<'kwok'> {
  const { kwok: port } = layout.ports;
  return {
    name: 'kwok',
    program,
    args: [
      `--kubeconfig=${writeKubeconfig(layout, 'admin')}`,
      '--manage-all-nodes',
      `--config=${stages}`,
      '--v=WARN',
      `--server-address=127.0.0.1:${port}`,
      '--node-ip=127.0.0.1',
      `--node-port=${kubeletPort}`,
    ],
    isReady: () =>
      fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
}
