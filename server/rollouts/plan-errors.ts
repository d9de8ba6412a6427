import type { ProblemCode } from '../../workflows/contracts/problems.ts';

/** Why a rollout cannot be planned; its preview says so as well. */
export const planErrors = [
  'request.unfit',
  'tenant.unknown',
  'project.unknown',
  'instance.unknown',
  'config.unknown',
  'config.version-unknown',
  'config.version-retired',
  'config.not-published',
  'config.retired',
  'config.variables-invalid',
  'config.value-locked',
  'agent.version-unknown',
  'agent.version-withdrawn',
  'agent.configuration-refused',
  'agent.configuration-owned',
  'secret.reference-unknown',
  'rollout.no-targets',
  'rollout.too-many-targets',
  'rollout.waves-invalid',
] as const satisfies ProblemCode[];
