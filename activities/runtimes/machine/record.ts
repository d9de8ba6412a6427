import { createHash } from 'node:crypto';
import { Problem } from '../../../workflows/contracts/problem.ts';
import type { InstanceRef, PackagedProgram, WorkloadSpec } from '../runtime.ts';

type Described = Omit<WorkloadSpec, 'secretEnvironment'>;

/** @throws Problem 'agent.version-unfit' where the version has no package */
function requirePackage(program: PackagedProgram | null): PackagedProgram {
  if (program) return program;
  throw new Problem('agent.version-unfit', 'A machine runs packages, and the version has none.');
}

/** What a process is made of: another one, another process. Files of the configuration are swapped under it instead. */
export function templateOf(spec: Described, secretEnvironment: Record<string, string>) {
  const program = requirePackage(spec.package);
  const template = {
    package: program.package,
    command: program.command,
    environment: sorted(spec.environment),
    packageEnvironment: sorted(program.environment),
    secretEnvironment: sorted(secretEnvironment),
    port: spec.port,
    state: spec.state.mountPath,
    scratch: spec.scratch.map(({ mountPath }) => mountPath),
    assets: spec.assets,
    resources: spec.resources,
    readiness: spec.probes.readiness,
    graceSeconds: spec.terminationGraceSeconds,
  };
  for (const value of [
    ...template.command,
    ...[spec.environment, program.environment, secretEnvironment].flatMap((one) => Object.entries(one).flat()),
  ]) {
    if (value.includes('\0')) throw new Problem('cluster.refused', 'No process can be given a NUL character.');
  }
  return { ...template, hash: createHash('sha256').update(JSON.stringify(template)).digest('hex') };
}

export const configurationOf = (spec: Described) => ({
  configuration: { mountPath: spec.configuration.mountPath, files: spec.configuration.files },
  configurationHash: spec.configuration.hash,
  revision: spec.revision,
});

export const recordOf = ({ tenantId, projectId, name }: InstanceRef, spec: WorkloadSpec) => ({
  tenantId,
  projectId,
  name,
  template: templateOf(spec, spec.secretEnvironment),
  ...configurationOf(spec),
});

const sorted = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).toSorted(([one], [other]) => (one < other ? -1 : 1)));
