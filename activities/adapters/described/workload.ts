import type { HttpProbe, WorkloadSpec } from '../../runtimes/runtime.ts';
import type { WorkloadInput } from '../adapter.ts';
import { destinationsOf } from '../destinations.ts';
import { equals } from '../json.ts';
import { secretReferencesOf } from '../variables.ts';
import type { AgentKindDescription } from './description.ts';
import { render } from './render.ts';

export function workload(
  description: AgentKindDescription,
  { agentVersion, configuration, revision, resources }: WorkloadInput,
): Omit<WorkloadSpec, 'secretEnvironment'> {
  const { kind, port, user, state, scratch, probes } = description;
  const rendered = render(description, configuration);
  const command = description.image?.command;
  const probe = (path: string, periodSeconds: number, failureThreshold: number): HttpProbe => ({
    path,
    periodSeconds,
    timeoutSeconds: 3,
    failureThreshold,
  });
  return {
    agentKind: kind,
    agentVersion: agentVersion.version,
    revision,
    image: description.image && agentVersion.image,
    ...(command && { command }),
    package:
      description.package && agentVersion.package !== null
        ? { package: agentVersion.package, ...description.package }
        : null,
    port,
    user,
    environment: { ...rendered.environment, ...description.environment },
    configuration: {
      mountPath: description.configuration.mountPath,
      files: rendered.files,
      hash: rendered.hash,
    },
    assets: [],
    state: { mountPath: state.mountPath },
    scratch,
    resources,
    probes: {
      startup: probe(probes.startup, 1, probes.startupSeconds),
      readiness: probe(probes.readiness, 5, 2),
      liveness: probe(probes.liveness, 15, 4),
    },
    terminationGraceSeconds: description.terminationGraceSeconds,
    egress: destinationsOf(configuration.providers.map(({ baseUrl }) => baseUrl)),
  };
}

export function isHotChange(description: AgentKindDescription, before: WorkloadInput, after: WorkloadInput): boolean {
  const takesFiles = description.configuration.reload.by !== 'restart';
  const processOf = (input: WorkloadInput): unknown => {
    const { revision: _number, configuration, ...rest } = workload(description, input);
    const files = takesFiles ? null : configuration;
    return { ...rest, files, secretReferences: secretReferencesOf(input.configuration) };
  };
  return equals(processOf(before), processOf(after));
}
