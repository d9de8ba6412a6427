import { describe, expect, it } from 'vitest';
// The words of the server are not the portal's to import, but its translations have to cover them.
import { OperationKind } from '../../../workflows/contracts/operations.ts';
import { InstancePhase, OperationPhase, StepState } from '../../../workflows/contracts/phases.ts';
import { problems } from '../../../workflows/contracts/problems.ts';
import { stepTitles } from '../../../workflows/contracts/steps.ts';
import { lookOf } from '../ui/phase-look.ts';
import { en } from './en.ts';
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
];

describe.each([
  ['English', en],
  ['Chinese', zhCN],
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
