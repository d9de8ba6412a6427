import { Problem } from '../../workflows/contracts/problem.ts';
import { errandOf } from './errand.ts';
import { targetOf, wantedOf, type InstanceStep } from './target.ts';

const mebibyte = 1_048_576;
/** For a process that ends at once, on a node that is busy. */
const endsWithinMs = 2 * 60_000;

/** A process that does nothing, beside the instance: when it has ended, image or package is where it will be needed. */
export async function prePullImage(step: InstanceStep): Promise<void> {
  const { input, operation, signal } = step;
  const { adapter, runtime } = await targetOf(step);
  const { workload } = await wantedOf(step, operation.revision);
  const { image, package: fromPackage } = workload.agentVersion;
  const { user } = adapter.stateTool(image);
  const { exitCode, output } = await runtime.runOnce(
    {
      tenantId: input.tenantId,
      name: 'pull',
      image,
      package: fromPackage,
      command: ['sh', '-c', 'exit 0'],
      environment: {},
      files: { mountPath: '/pull', files: {} },
      user,
      scratch: [],
      resources: { cpuMillis: 50, memoryBytes: 64 * mebibyte },
      timeoutMs: endsWithinMs,
      beside: input.instanceId,
    },
    errandOf(step),
    signal,
  );
  if (exitCode !== 0)
    throw new Problem('agent.image-unavailable', `${image ?? fromPackage} cannot be run: ${output.slice(0, 300)}`);
}
