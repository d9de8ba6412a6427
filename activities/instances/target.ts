import { platformScope } from '../../server/persistence/database.ts';
import { AgentVersion } from '../../server/agents/agent-version.entity.ts';
import type { ConfigLayer } from '../../server/configs/layers.ts';
import { InstanceCredential } from '../../server/instances/instance-credential.entity.ts';
import { Instance } from '../../server/instances/instance.entity.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import { readSecretValues } from '../../server/secrets/read-secret-values.ts';
import { openSealed } from '../../server/secrets/sealing.ts';
import type { InstanceOperationInput } from '../../workflows/contracts/operations.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter, Rendered, WorkloadInput } from '../adapters/adapter.ts';
import type { Deps } from '../deps.ts';
import type { InstanceRef, Runtime, WorkloadSpec } from '../runtimes/runtime.ts';
import type { StepContext } from '../steps/step.ts';

export type InstanceStep = StepContext<InstanceOperationInput>;

/** The instance a step works on, and the driver of its cluster. */
export interface Target {
  instance: Instance;
  ref: InstanceRef;
  runtime: Runtime;
  adapter: Adapter;
}

/** One revision, ready to be rendered. */
export interface Wanted {
  agentVersionId: string;
  workload: WorkloadInput;
  rendered: Rendered;
  configurationHash: string;
  /** JSON pointer into the configuration -> the layer that wrote it; null for a revision from before there were layers. */
  provenance: Readonly<Record<string, ConfigLayer>> | null;
}

export async function targetOf({ deps, input, transaction }: InstanceStep): Promise<Target> {
  const instance = await transaction(({ em }) => em.findOneOrFail(Instance, { id: input.instanceId }));
  const { tenantId, projectId, id, name } = instance;
  return {
    instance,
    ref: { tenantId, projectId, instanceId: id, name },
    runtime: await deps.runtimes.for(input.clusterId),
    adapter: deps.adapterOf(instance.agentKind),
  };
}

export async function wantedOf(step: InstanceStep, number: number | null | undefined): Promise<Wanted> {
  const { tenantId, instanceId } = step.input;
  return step.transaction(async ({ em }) => {
    const instance = await em.findOneOrFail(Instance, { id: instanceId });
    const revision = await em.findOneOrFail(Revision, { tenantId, instanceId, number: number ?? instance.revision });
    const { version, image, imageDigest } = await em.findOneOrFail(AgentVersion, { id: revision.agentVersionId });
    const { configuration, resources, configurationHash } = revision;
    return {
      agentVersionId: revision.agentVersionId,
      workload: {
        agentVersion: { version, image: imageDigest ? `${image}@${imageDigest}` : image },
        configuration,
        revision: revision.number,
        resources,
      },
      rendered: step.deps.adapterOf(instance.agentKind).rules.render(configuration),
      configurationHash,
      provenance: revision.provenance ?? null,
    };
  });
}

/** How to run it, with the clear values of its secrets: only ever in memory, on the way to the cluster. */
export async function specOf(
  deps: Pick<Deps, 'db' | 'sealingKey'>,
  { ref, adapter }: Pick<Target, 'ref' | 'adapter'>,
  wanted: Wanted,
): Promise<WorkloadSpec> {
  const { rules } = adapter;
  const names = Object.values(wanted.rendered.secretReferences);
  const values = await deps.db.transaction(platformScope(), (tx) =>
    readSecretValues(tx, deps.sealingKey, { tenantId: ref.tenantId, projectId: ref.projectId }, names),
  );
  const gatewayToken = await gatewayTokenOf(deps, ref);
  const secretEnvironment: Record<string, string> = {
    [rules.gatewayTokenVariable]: gatewayToken,
    ...rules.derivedSecrets(gatewayToken),
  };
  for (const [variable, name] of Object.entries(wanted.rendered.secretReferences)) {
    const value = values.get(name);
    if (value === undefined) throw new Problem('secret.reference-unknown', name);
    secretEnvironment[variable] = value;
  }
  return { ...rules.workload(wanted.workload), secretEnvironment };
}

export async function gatewayTokenOf(
  deps: Pick<Deps, 'db' | 'sealingKey'>,
  { tenantId, instanceId }: InstanceRef,
): Promise<string> {
  const { sealed } = await deps.db.transaction(platformScope(), ({ em }) =>
    em.findOneOrFail(InstanceCredential, { tenantId, instanceId }),
  );
  return openSealed(deps.sealingKey, { kind: 'instance', tenantId, instanceId }, sealed);
}
