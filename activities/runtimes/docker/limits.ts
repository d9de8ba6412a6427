import { z } from 'zod';

import type { RuntimeCapabilities } from '../runtime.ts';
import { soon, type Engine, type EngineKind } from './engine.ts';

type Limits = RuntimeCapabilities['limits'];

const infoSchema = z.object({
  ServerVersion: z.string(),
  MemoryLimit: z.boolean().optional(),
  CpuShares: z.boolean().optional(),
  CPUShares: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
  CgroupVersion: z.string().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
});

export interface About {
  version: string;
  limits: Limits;
}

/** Before the engine was asked. */
export const usualLimits: Limits = { cpu: 'enforced', memory: 'enforced', storage: 'none', processes: 'enforced' };

/** What it enforces depends on the machine: without root and with the first control groups nothing is. */
export async function aboutEngine({ docker, kind }: Engine, signal: AbortSignal): Promise<About> {
  // Its type knows no options.
  const ask = docker.info.bind(docker) as (options: object) => Promise<unknown>;
  const info = infoSchema.parse(await ask(soon(signal)));
  const rootless = info.SecurityOptions?.some((option) => option.includes('rootless')) ?? false;
  const nothing = rootless && info.CgroupVersion !== '2';
  const limit = (has: boolean | undefined) => (!nothing && has !== false ? 'enforced' : 'none');
  return {
    version: `${titles[kind]} ${info.ServerVersion}`,
    limits: {
      cpu: limit(info.CPUShares ?? info.CpuShares),
      memory: limit(info.MemoryLimit),
      storage: 'none',
      processes: limit(info.PidsLimit),
    },
  };
}

const titles: Record<EngineKind, string> = { docker: 'Docker', podman: 'Podman' };
