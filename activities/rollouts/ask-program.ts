import { AgentVersion } from '../../server/agents/agent-version.entity.ts';
import { ConfigurationCheck } from '../../server/revisions/configuration-check.entity.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import type { Brought } from '../../server/rollouts/engine/configurations-of.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Deps } from '../deps.ts';
import type { Look } from './look.ts';

/** What this version's own program says of a configuration, asked on the cluster of one of its instances, and kept. */
export async function askProgram(deps: Deps, look: Look, brought: Brought): Promise<Fault[]> {
  const { tenantId } = look;
  const { agentVersionId, configurationHash, instanceId, revision: number } = brought;
  const { revision, version } = await look.transaction(async ({ em }) => ({
    revision: await em.findOneOrFail(Revision, { tenantId, instanceId, number }),
    version: await em.findOneOrFail(AgentVersion, { id: agentVersionId }),
  }));
  const adapter = deps.adapterOf(brought.agentKind);
  const { configuration } = revision;
  const job = adapter.validationJob({
    tenantId,
    version: version.version,
    image: version.imageDigest ? `${version.image}@${version.imageDigest}` : version.image,
    rendered: adapter.rules.render(configuration),
  });
  if (!job) return [];
  const runtime = await deps.runtimes.for(brought.clusterId);
  const result = await runtime.runOnce(job, look.signal);
  const faults = adapter.readValidation(result, configuration).map(({ pointer, detail }) => ({
    pointer: `/configuration${pointer}`,
    detail,
  }));
  const key = { tenantId, agentVersionId, configurationHash };
  await look.transaction(({ em }) => em.upsert(ConfigurationCheck, { ...key, faults, checkedAt: new Date() }));
  return faults;
}
