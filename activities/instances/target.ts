import { platformScope } from '../../server/persistence/database.ts';
import { AgentVersion } from '../../server/agents/agent-version.entity.ts';
import { versionToRun } from '../../server/agents/version-to-run.ts';
import type { ConfigLayer } from '../../server/configs/layers.ts';
import { InstanceCredential } from '../../server/instances/instance-credential.entity.ts';
import { Instance } from '../../server/instances/instance.entity.ts';
import { Revision } from '../../server/revisions/revision.entity.ts';
import { readSecretValues } from '../../server/secrets/read-secret-values.ts';
import { openSealed } from '../../server/secrets/sealing.ts';
import type { InstanceOperationInput } from '../../workflows/contracts/operations.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Adapter, Rendered, WorkloadInput } from '../adapters/adapter.ts';
import type { Transaction } from '../../server/persistence/transaction.ts';
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

/** The number of a revision; none is the one that the instance wants. */
type RevisionNumber = number | null | undefined;

export async function targetOf(step: InstanceStep): Promise<Target> {
  const { target } = await aimOf(step, []);
  return target;
}

export async function wantedOf(step: InstanceStep, number: RevisionNumber): Promise<Wanted> {
  const { wanted } = await step.transaction((tx) => readWanted(step, tx, [number]));
  return wanted[0];
}

/** Both at once: a rollout takes thousands of steps, and each transaction costs. */
export async function aimOf<const Numbers extends readonly RevisionNumber[]>(
  step: InstanceStep,
  numbers: Numbers,
): Promise<{ target: Target; wanted: { [Index in keyof Numbers]: Wanted } }> {
  const { deps, input } = step;
  const { instance, wanted } = await step.transaction((tx) => readWanted(step, tx, numbers));
  const { tenantId, projectId, id, name } = instance;
  const target: Target = {
    instance,
    ref: { tenantId, projectId, instanceId: id, name },
    runtime: await deps.runtimes.for(input.clusterId),
    adapter: deps.adapterOf(instance.agentKind),
  };
  return { target, wanted };
}

async function readWanted<const Numbers extends readonly RevisionNumber[]>(
  { deps, input: { tenantId, instanceId } }: InstanceStep,
  { em }: Transaction,
  numbers: Numbers,
): Promise<{ instance: Instance; wanted: { [Index in keyof Numbers]: Wanted } }> {
  const instance = await em.findOneOrFail(Instance, { id: instanceId });
  const wanted: Wanted[] = [];
  for (const number of numbers) {
    const revision = await em.findOneOrFail(Revision, { tenantId, instanceId, number: number ?? instance.revision });
    const version = await em.findOneOrFail(AgentVersion, { id: revision.agentVersionId });
    const { configuration, resources, configurationHash } = revision;
    wanted.push({
      agentVersionId: revision.agentVersionId,
      workload: {
        agentVersion: versionToRun(version),
        configuration,
        revision: revision.number,
        resources,
      },
      rendered: deps.adapterOf(instance.agentKind).rules.render(configuration),
      configurationHash,
      provenance: revision.provenance ?? null,
    });
  }
  return { instance, wanted: wanted as { [Index in keyof Numbers]: Wanted } };
}

/** How to run it, with the clear values of its secrets: only ever in memory, on the way to the cluster. */
export async function specOf(
  deps: Pick<Deps, 'db' | 'sealingKey'>,
  { ref, adapter }: Pick<Target, 'ref' | 'adapter'>,
  wanted: Wanted,
): Promise<WorkloadSpec> {
  const { rules } = adapter;
  const names = Object.values(wanted.rendered.secretReferences);
  const { values, gatewayToken } = await deps.db.transaction(platformScope(), async (tx) => ({
    values: names.length > 0 ? await readSecretValues(tx, deps.sealingKey, ref, names) : new Map<string, string>(),
    gatewayToken: await readGatewayToken(tx, deps.sealingKey, ref),
  }));
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

export async function gatewayTokenOf(deps: Pick<Deps, 'db' | 'sealingKey'>, ref: InstanceRef): Promise<string> {
  return deps.db.transaction(platformScope(), (tx) => readGatewayToken(tx, deps.sealingKey, ref));
}

async function readGatewayToken(
  { em }: Transaction,
  sealingKey: Deps['sealingKey'],
  { tenantId, instanceId }: InstanceRef,
): Promise<string> {
  const { sealed } = await em.findOneOrFail(InstanceCredential, { tenantId, instanceId });
  return openSealed(sealingKey, { kind: 'instance', tenantId, instanceId }, sealed);
}
