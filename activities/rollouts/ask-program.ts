import { AgentVersion } from '../../server/agents/agent-version.entity.ts';
import { versionToRun } from '../../server/agents/version-to-run.ts';
import { ConfigurationCheck } from '../../server/revisions/configuration-check.entity.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import type { Brought } from '../../server/rollouts/engine/configurations-of.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Adapter, ValidationJob } from '../adapters/adapter.ts';
import type { UnifiedConfiguration } from '../adapters/configuration.ts';
import type { Deps } from '../deps.ts';
import type { Errand } from '../runtimes/runtime.ts';
import type { Look } from './look.ts';

/** One short process that is to be run, and what it checks. */
export interface Question {
  brought: { brought: Brought; configuration: UnifiedConfiguration }[];
  adapter: Adapter;
  job: ValidationJob['job'];
}

/** As few short processes as can be for these configurations, which are of one version and one cluster. */
export async function questionsOf(deps: Deps, look: Look, alike: readonly Brought[]): Promise<Question[]> {
  const [first] = alike;
  if (!first) return [];
  const { tenantId } = look;
  const version = await look.transaction(({ em }) => em.findOneOrFail(AgentVersion, { id: first.agentVersionId }));
  const revisions = await look.transaction(({ em }) =>
    em.find(Revision, {
      tenantId,
      $or: alike.map(({ instanceId, revision: number }) => ({ instanceId, number })),
    }),
  );
  const configurations = new Map(revisions.map(({ instanceId, configuration }) => [instanceId, configuration]));
  const adapter = deps.adapterOf(first.agentKind);
  const asked = alike.flatMap((brought) => {
    const configuration = configurations.get(brought.instanceId);
    return configuration ? [{ brought, configuration }] : [];
  });
  const jobs = adapter.validationJobs({
    tenantId,
    agentVersion: versionToRun(version),
    rendered: asked.map(({ configuration }) => adapter.rules.render(configuration)),
  });
  return jobs.map(({ job, checks }) => ({ adapter, job, brought: checks.flatMap((at) => asked[at] ?? []) }));
}

/** An answer is true whoever asked: it is kept by what was asked, and nothing takes over from a look. */
const errandOf = ({ imagePatienceMs }: Deps): Errand => ({
  operationId: null,
  assertValid: () => undefined,
  imagePatienceMs,
});

/** What the version's own program says, asked on this cluster, and kept. @throws Problem those of the runtime */
export async function askProgram(
  deps: Deps,
  look: Look,
  { adapter, job, brought }: Question,
  clusterId: string,
): Promise<(Brought & { faults: Fault[] })[]> {
  const runtime = await deps.runtimes.for(clusterId);
  const result = await runtime.runOnce(job, errandOf(deps), look.signal);
  const found = adapter.readValidations(
    result,
    brought.map(({ configuration }) => configuration),
  );
  const answers = brought.map((one, at) => ({
    ...one.brought,
    faults: (found[at] ?? []).map(({ pointer, detail }) => ({ pointer: `/configuration${pointer}`, detail })),
  }));
  await look.transaction(({ em }) =>
    em.upsertMany(
      ConfigurationCheck,
      answers.map(({ agentVersionId, configurationHash, faults }) => ({
        tenantId: look.tenantId,
        agentVersionId,
        configurationHash,
        faults,
        checkedAt: new Date(),
      })),
    ),
  );
  return answers;
}
