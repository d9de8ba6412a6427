import { describe, expect, it } from 'vitest';
import { permissions } from '../../../server/access/permissions.ts';
import { Role } from '../../../server/access/roles.ts';
import { decisionKinds } from '../../../server/rollouts/rollout-decision.entity.ts';
import { analysisMetrics } from '../../../server/rollouts/rollout.types.ts';
// The words of the server are not the portal's to import, but its translations have to cover them.
import { maintenanceNames } from '../../../workflows/contracts/maintenance.ts';
import { OperationKind } from '../../../workflows/contracts/operations.ts';
import {
  InstancePhase,
  OperationPhase,
  PauseReason,
  RolloutPhase,
  StepState,
  TargetPhase,
  WavePhase,
} from '../../../workflows/contracts/phases.ts';
import { problems } from '../../../workflows/contracts/problems.ts';
import { RolloutKind } from '../../../workflows/contracts/rollouts.ts';
import { stepTitles } from '../../../workflows/contracts/steps.ts';
import { lookOf } from '../ui/phase-look.ts';
import { en } from './en.ts';
import { further as furtherEn } from './further.en.ts';
import { further as furtherZhCN } from './further.zh-CN.ts';
import { zhCN } from './zh-CN.ts';

const at = (messages: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value ? Reflect.get(value, key) : undefined),
      messages,
    );

const keys = [
  ...Object.keys(problems).map((code) => `problems.${code}`),
  ...Object.values(OperationKind).map((kind) => `operations.kind.${kind}`),
  ...Object.keys(stepTitles).map((step) => `operations.step.${step}`),
  ...Object.values(InstancePhase).map((phase) => `ui.phase.instance.${phase}`),
  ...Object.values(OperationPhase).map((phase) => `ui.phase.operation.${phase}`),
  ...Object.values(StepState).map((state) => `ui.phase.step.${state}`),
  ...Object.values(RolloutPhase).map((phase) => `ui.phase.rollout.${phase}`),
  ...Object.values(WavePhase).map((phase) => `ui.phase.wave.${phase}`),
  ...Object.values(TargetPhase).map((phase) => `ui.phase.target.${phase}`),
  ...Object.values(RolloutKind).map((kind) => `rollouts.kind.${kind}`),
  ...Object.values(PauseReason).map((reason) => `rollouts.pause.${reason}`),
  ...Object.values(Role).map((role) => `access.roles.${role}`),
  ...permissions.flatMap((permission) => {
    const [resource, action] = permission.split(':');
    return [`roles.resource.${resource}`, `roles.action.${action}`];
  }),
  ...decisionKinds.map((kind) => `rollouts.decision.${kind}`),
  ...maintenanceNames.flatMap((name) =>
    ['names', 'does', 'whilePaused'].map((about) => `maintenance.${about}.${name}`),
  ),
  ...[...analysisMetrics, 'prometheus'].map((metric) => `rollouts.metric.${metric}`),
];

describe.each([
  ['English', { ...en, ...furtherEn }],
  ['Chinese', { ...zhCN, ...furtherZhCN }],
])('%s', (_language, messages) => {
  it('has a text for every problem, kind, step and phase of the server', () => {
    expect(keys.filter((key) => typeof at(messages, key) !== 'string')).toEqual([]);
  });
});

it('draws every phase of the server', () => {
  const unknown = { tone: 'quiet', moving: false };
  const drawn = Object.values(InstancePhase).filter((phase) => !/Stopped|Deleted/.test(phase));
  for (const phase of drawn) expect(lookOf('instance', phase)).not.toEqual(unknown);
});
