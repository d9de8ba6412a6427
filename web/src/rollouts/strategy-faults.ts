import { isComparable } from './is-comparable.ts';
import { labelsOf } from './labels-text.ts';
import type { RuleForm, StrategyForm, WaveForm, WindowForm } from './strategy-form.ts';

/** A number that is out of its range, or a text that cannot be read. */
export type FormFault = { kind: 'number'; min: number; max: number } | { kind: 'labels' | 'rule' | 'ratio' | 'needed' };
type Faults = Map<string, FormFault>;

/** Faults that the portal itself finds, by the place in what will be sent. The api finds the rest. */
export function strategyFaults(form: StrategyForm): Faults {
  const faults: Faults = new Map();
  form.waves.forEach((wave, index) => waveFaults(wave, `/waves/${index}`, faults));
  form.rules.forEach((rule, index) => ruleFaults(rule, `/rules/${index}`, form.waves.length, faults));
  form.windows.forEach((window, index) => windowFaults(window, `/windows/${index}`, faults));
  inRange(form.failureBudget, '/failureBudget', { min: 0, max: 5_000 }, faults);
  if (form.deadlineMinutes.trim()) inRange(form.deadlineMinutes, '/deadline', { min: 1, max: 43_200 }, faults);
  return faults;
}

function waveFaults(
  { sizeKind, amount, labels, concurrency, bakeSeconds }: WaveForm,
  at: string,
  faults: Faults,
): void {
  if (sizeKind === 'count') inRange(amount, `${at}/size`, { min: 1, max: 5_000 }, faults);
  if (sizeKind === 'percent') inRange(amount, `${at}/size`, { min: 1, max: 100 }, faults);
  if (sizeKind === 'labels' && !labelsOf(labels)) faults.set(`${at}/size`, { kind: 'labels' });
  inRange(concurrency, `${at}/concurrency`, { min: 1, max: 100 }, faults);
  inRange(bakeSeconds, `${at}/bakeSeconds`, { min: 0, max: 86_400 }, faults);
}

function ruleFaults(rule: RuleForm, at: string, waves: number, faults: Faults): void {
  const { metric, query, max, maxRatio, minimumSample } = rule;
  const hasSomeWave = Array.from({ length: waves }).some((_wave, index) => isComparable(rule, index, waves));
  if (metric === 'prometheus' && !query.trim()) faults.set(`${at}/query`, { kind: 'needed' });
  if (!max.trim() && !maxRatio.trim()) faults.set(`${at}/max`, { kind: 'rule' });
  const positive = { min: 0, max: 1_000_000_000 };
  if (max.trim()) inRange(max, `${at}/max`, positive, faults, isNumber);
  if (maxRatio.trim()) inRange(maxRatio, `${at}/maxRatio`, positive, faults, isNumber);
  if (maxRatio.trim() && !hasSomeWave) faults.set(`${at}/maxRatio`, { kind: 'ratio' });
  inRange(minimumSample, `${at}/minimumSample`, positive, faults);
}

function windowFaults({ days, start, minutes }: WindowForm, at: string, faults: Faults): void {
  if (days.length === 0) faults.set(`${at}/days`, { kind: 'needed' });
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(start)) faults.set(`${at}/start`, { kind: 'needed' });
  inRange(minutes, `${at}/minutes`, { min: 1, max: 1_440 }, faults);
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));
const isWhole = (text: string): boolean => isNumber(text) && Number.isInteger(Number(text));

function inRange(
  text: string,
  at: string,
  { min, max }: { min: number; max: number },
  faults: Faults,
  reads: (text: string) => boolean = isWhole,
): void {
  if (!reads(text) || Number(text) < min || Number(text) > max) faults.set(at, { kind: 'number', min, max });
}
