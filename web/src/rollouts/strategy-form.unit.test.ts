import { expect, it } from 'vitest';
import { changeOf, newChange } from './change-form.ts';
import { strategyFaults } from './strategy-faults.ts';
import { choosePreset, newRule, newStrategy, newWave, newWindow, strategyOf, type RuleForm } from './strategy-form.ts';

const sizes = (targets: number) => strategyOf(newStrategy('canary', targets)).waves?.map(({ size }) => size);

it('never plans a canary with a wave that nothing would be left for', () => {
  expect(sizes(1)).toEqual([{ rest: true }]);
  expect(sizes(2)).toEqual([{ count: 1 }, { rest: true }]);
  expect(sizes(3)).toEqual([{ count: 1 }, { percent: 10 }, { rest: true }]);
  expect(sizes(1_000)).toEqual([{ count: 1 }, { percent: 10 }, { rest: true }]);
});

it('begins own waves with those of the preset, and goes back to a preset whole', () => {
  const form = newStrategy('canary', 50);
  choosePreset(form, 'custom', 50);
  expect(form.waves).toHaveLength(3);
  form.waves.push(newWave({ sizeKind: 'labels', labels: 'team=a, stage=live' }));
  expect(strategyOf(form).waves?.at(-1)?.size).toEqual({ labels: { team: 'a', stage: 'live' } });
  choosePreset(form, 'all', 50);
  expect(strategyOf(form).waves?.map(({ size }) => size)).toEqual([{ rest: true }]);
});

it('sends rules to every wave, and leaves out what was not filled in', () => {
  const form = newStrategy('canary', 50);
  form.rules = [{ ...newRule(), metric: 'error-rate', max: '0.2', minimumSample: '20' }];
  for (const { analysis } of strategyOf(form).waves ?? []) {
    expect(analysis?.rules).toEqual([{ metric: 'error-rate', max: 0.2, minimumSample: 20 }]);
  }
  form.rules = [];
  for (const { analysis } of strategyOf(form).waves ?? []) expect(analysis).toBeNull();
});

it('sends a ratio only to waves that have something to compare with', () => {
  const form = newStrategy('canary', 50);
  const ratio = { ...newRule(), max: '', maxRatio: '1.5' };
  const waves = (rule: Partial<RuleForm>) => {
    form.rules = [{ ...ratio, ...rule }];
    return strategyOf(form).waves?.map(({ analysis }) => analysis?.rules[0]?.maxRatio ?? null);
  };
  expect(waves({ metric: 'error-rate' })).toEqual([1.5, 1.5, null]);
  expect(waves({ metric: 'ready-seconds' })).toEqual([null, 1.5, 1.5]);
  expect(waves({ metric: 'prometheus', query: 'sum(up)' })).toEqual([null, null, null]);
  expect([...strategyFaults(form)]).toEqual([['/rules/0/maxRatio', { kind: 'ratio' }]]);
  expect(waves({ metric: 'prometheus', query: 'up{pod=~"$updated"}' })).toEqual([1.5, 1.5, null]);
  expect(strategyFaults(form).size).toBe(0);
  choosePreset(form, 'all', 50);
  expect([...strategyFaults(form).keys()]).toEqual(['/rules/0/maxRatio']);
});

it('finds what cannot be sent, at its place', () => {
  const form = newStrategy('canary', 50);
  form.waves = [
    newWave({ amount: '0' }),
    newWave({ sizeKind: 'percent', amount: '120' }),
    newWave({ sizeKind: 'labels', labels: 'team' }),
    newWave({ sizeKind: 'rest', amount: 'x', concurrency: '101' }),
  ];
  form.rules = [
    { ...newRule(), max: '' },
    { ...newRule(), metric: 'prometheus' },
  ];
  form.windows = [{ ...newWindow(), days: [] }];
  form.deadlineMinutes = '1.5';
  expect([...strategyFaults(form).keys()]).toEqual([
    '/waves/0/size',
    '/waves/1/size',
    '/waves/2/size',
    '/waves/3/concurrency',
    '/rules/0/max',
    '/rules/1/query',
    '/windows/0/days',
    '/deadline',
  ]);
  expect(strategyFaults(newStrategy('canary', 50)).size).toBe(0);
});

it('waits with an order until what it needs is there', () => {
  const form = newChange();
  expect(changeOf('configuration', form)).toBeNull();
  Object.assign(form, { templateId: 't', version: 3, variables: '{"tone":"kind"}' });
  expect(changeOf('configuration', form)).toEqual({
    kind: 'configuration',
    templateId: 't',
    version: 3,
    variables: { tone: 'kind' },
  });
  form.variables = '{';
  expect(changeOf('configuration', form)).toBeNull();
  expect(changeOf('rollback', { ...form, revision: 'x' })).toBeNull();
  expect(changeOf('rollback', form)).toEqual({ kind: 'rollback', discardNewState: false });
  expect(changeOf('stop', form)).toEqual({ kind: 'stop' });
});
