import type { AgentVersion, Cluster, NewInstance, Project } from '../api/types.ts';

export interface EchoModel {
  baseUrl: string;
  model: string;
}

interface Choice {
  projects: readonly Project[];
  clusters: readonly Cluster[];
  versions: readonly AgentVersion[];
  echoModel: EchoModel | null | undefined;
}

/**
 * The instance that one click makes, with the model that repeats what it is told. Null where that model is out of an
 * agent's reach, since it listens on the platform's own machine only, or where something is still to be chosen.
 */
export function firstInstanceOf({ projects, clusters, versions, echoModel }: Choice): NewInstance | null {
  const project = projects.find(({ permissions }) => permissions.includes('instance:create'));
  const cluster = clusters.find(({ runtime, phase }) => runtime === 'machine' && phase === 'Ready');
  const version = versions.find(({ package: name, status }) => name !== null && status === 'allowed');
  if (!echoModel || !project || !cluster || !version) return null;
  const { baseUrl, model } = echoModel;
  return {
    projectId: project.id,
    clusterId: cluster.id,
    agentVersionId: version.id,
    name: 'first-agent',
    labels: {},
    configuration: { providers: [{ name: 'echo', baseUrl, api: 'openai-completions', models: [{ id: model }] }] },
    resources: {},
  };
}
