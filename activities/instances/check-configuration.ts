import { sourcePointer } from '../../server/configs/source-pointer.ts';
import { ConfigurationCheck } from '../../server/revisions/configuration-check.entity.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import { errandOf } from './errand.ts';
import { targetOf, wantedOf, type InstanceStep } from './target.ts';

/**
 * Has the agent version's own program check the rendered configuration; the answer is kept by hash, so that a restart
 * or a thousand alike instances ask once.
 * @throws Problem 'agent.configuration-refused' with pointers into the layers that hold the refused values; those into
 *   the instance's own are as in the request that wrote it
 */
export async function checkConfiguration(step: InstanceStep): Promise<void> {
  const { input, operation, signal, transaction } = step;
  const wanted = await wantedOf(step, operation.revision);
  const key = {
    tenantId: input.tenantId,
    agentVersionId: wanted.agentVersionId,
    configurationHash: wanted.configurationHash,
  };
  const known = await transaction(({ em }) => em.findOne(ConfigurationCheck, key));
  const faults = known ? known.faults : await ask();
  if (faults.length > 0) {
    throw new Problem('agent.configuration-refused', faults.map(({ detail }) => detail).join('; '), {
      faults: faults.map(({ pointer, detail }) => ({ pointer: sourcePointer(pointer, '', wanted.provenance), detail })),
    });
  }

  async function ask(): Promise<Fault[]> {
    const { adapter, runtime } = await targetOf(step);
    const { agentVersion } = wanted.workload;
    const job = adapter.validationJob({ tenantId: input.tenantId, agentVersion, rendered: wanted.rendered });
    if (!job) return [];
    const result = await runtime.runOnce(job, errandOf(step), signal);
    const found = adapter.readValidation(result, wanted.workload.configuration).map(({ pointer, detail }) => ({
      pointer: `/configuration${pointer}`,
      detail,
    }));
    await transaction(({ em }) => em.upsert(ConfigurationCheck, { ...key, faults: found, checkedAt: new Date() }));
    return found;
  }
}
