import { Problem } from '../../workflows/contracts/problem.ts';
import { canRun, runtimeKinds, type RuntimeKind } from '../clusters/runtime-kinds.ts';
import type { AgentVersion } from './agent-version.entity.ts';

/** @throws Problem 'agent.version-unfit' where this kind of cluster cannot run what the version has */
export function requireFit(
  version: Pick<AgentVersion, 'kind' | 'version' | 'image' | 'package'>,
  runtime: RuntimeKind,
): void {
  if (!canRun(runtime, version)) throw new Problem('agent.version-unfit', unfitDetail(version, runtime));
}

export const unfitDetail = ({ kind, version }: Pick<AgentVersion, 'kind' | 'version'>, runtime: RuntimeKind): string =>
  `${kind} ${version} has no ${runtimeKinds[runtime].runsFrom}, and ${runtime} runs nothing else.`;
