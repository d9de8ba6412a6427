import { targetOf, type InstanceStep } from './target.ts';

export async function powerOn(step: InstanceStep): Promise<void> {
  const { ref, runtime } = await targetOf(step);
  await runtime.power(ref, 'on', step.fence, step.signal);
}

export async function powerOff(step: InstanceStep): Promise<void> {
  const { ref, runtime } = await targetOf(step);
  await runtime.power(ref, 'off', step.fence, step.signal);
}

export async function restartProcess(step: InstanceStep): Promise<void> {
  const { ref, runtime } = await targetOf(step);
  const token = step.operation.input.restartToken ?? step.operation.id;
  await runtime.restart(ref, token, step.fence, step.signal);
  await runtime.power(ref, 'on', step.fence, step.signal);
}

export async function killProcess(step: InstanceStep): Promise<void> {
  const { ref, runtime } = await targetOf(step);
  await runtime.kill(ref, step.fence, step.signal);
}
