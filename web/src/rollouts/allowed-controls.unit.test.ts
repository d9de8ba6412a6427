import { expect, it } from 'vitest';
import { buildRollout } from '../testing/build-objects.ts';
import { allowedControls } from './allowed-controls.ts';

const controlsOf = (over: Parameters<typeof buildRollout>[0]) =>
  Object.fromEntries(allowedControls(buildRollout(over)).map(({ control, refusal }) => [control, refusal]));

it('offers to pause what runs, and explains what has to wait', () => {
  expect(controlsOf({})).toEqual({
    pause: null,
    promote: 'rollouts.controlRefused.promote',
    rollback: null,
    abort: null,
  });
});

it('offers to resume what is paused, but not what waits for its hours', () => {
  expect(controlsOf({ phase: 'Paused', pauseReason: 'requested', actions: ['resume', 'abort'] })).toMatchObject({
    resume: null,
  });
  expect(
    controlsOf({ phase: 'Paused', pauseReason: 'outside-window', actions: ['pause', 'abort', 'rollback'] }),
  ).toMatchObject({ pause: null });
});

it('offers a retry alone once it has ended', () => {
  expect(controlsOf({ phase: 'PartiallyFailed', actions: ['retry'] })).toEqual({ retry: null });
  expect(controlsOf({ phase: 'Succeeded', actions: [] })).toEqual({ retry: 'rollouts.controlRefused.retry' });
});

it('has no way back for what only turned agents on or off', () => {
  expect(controlsOf({ kind: 'stop' })).not.toHaveProperty('rollback');
});

it('tells a lacking right from a state that does not allow it', () => {
  const paused = { phase: 'Paused', pauseReason: 'analysis-failed', actions: ['abort'] } as const;
  expect(controlsOf({ ...paused, actions: ['abort'], permissions: ['rollout:control'] })).toMatchObject({
    promote: 'rollouts.controlRefused.force',
  });
  expect(controlsOf({ actions: [], permissions: ['rollout:read'] })).toMatchObject({
    pause: 'rollouts.controlRefused.rights',
    abort: 'rollouts.controlRefused.rights',
  });
});
