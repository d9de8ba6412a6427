import type Docker from 'dockerode';

import { confined, tmpfsOf } from './confined.ts';
import type { Template } from './template.ts';

/** The process of an agent, as the engine is told of it. */
export const containerOf = (template: Template, environment: string[]) => ({
  Image: template.image,
  ...(template.command && { Entrypoint: template.command, Cmd: [] }),
  User: `${template.user.uid}:${template.user.gid}`,
  Env: environment,
  StopTimeout: template.terminationGraceSeconds,
  ExposedPorts: { [`${template.port}/tcp`]: {} },
});

export function hostConfigOf(template: Template, network: string, further: Docker.MountSettings[]): Docker.HostConfig {
  const { resources } = template;
  const readOnly = [template.configuration, ...template.assets];
  return {
    ...confined,
    NetworkMode: network,
    // Also after the engine was killed, and whatever the agent ended with: some end well in order to be started anew.
    RestartPolicy: { Name: 'always' },
    // A port that the engine chooses, at every start.
    PortBindings: { [`${template.port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    Memory: resources.memoryBytes,
    MemorySwap: resources.memoryBytes,
    CpuShares: Math.max(2, Math.round((resources.cpuMillis * 1024) / 1000)),
    Tmpfs: tmpfsOf(template.scratch),
    Mounts: [
      { Type: 'volume', Source: template.state.volume, Target: template.state.mountPath },
      ...readOnly.map(({ mountPath, volume }) => ({
        Type: 'volume' as const,
        Source: volume,
        Target: mountPath,
        ReadOnly: true,
      })),
      ...further,
    ],
  };
}
