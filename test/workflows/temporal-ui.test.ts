import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchAttributes, workflowIdOf } from '../../workflows/contracts/operations.ts';
import { stepTitles, type StepName } from '../../workflows/contracts/steps.ts';
import { create, ended, operationOf, remove, until } from './orders.ts';
import { startRig, type Rig } from './rig.ts';

describe('who looks at an operation in Temporal UI', { timeout: 120_000 }, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    await Promise.all([rig.startWorker(), rig.startObserver()]);
  }, 120_000);
  afterAll(() => rig?.stop());

  const describeRun = (operationId: string): Promise<WorkflowExecutionDescription> =>
    rig.temporal.client.workflow.getHandle(workflowIdOf(operationId)).describe();
  const attribute = ({ typedSearchAttributes }: WorkflowExecutionDescription, name: string): unknown =>
    typedSearchAttributes.get(defineSearchAttributeKey(name, SearchAttributeType.KEYWORD));
  const attributesOf = (run: WorkflowExecutionDescription) =>
    Object.fromEntries(
      Object.entries(searchAttributes).flatMap(([what, name]) => {
        const value = attribute(run, name);
        return value === undefined ? [] : [[what, value]];
      }),
    );
  const phaseIs = (operationId: string, phase: string) =>
    until(
      async () => attribute(await describeRun(operationId), searchAttributes.phase),
      (found) => found === phase,
    );

  it('reads tenant, project, instance, operation and phase, from its start to its end, and who comes first', async () => {
    const held = rig.scripted.hold((call) => call.verb === 'write' && call.change.kind === 'power', 'before');
    const { instance, operation } = await create(rig);
    await held.reached;
    const begun = await describeRun(operation.id);
    const who = {
      tenant: rig.tenant.id,
      project: rig.project.id,
      instance: instance.id,
      operation: 'instance.provision',
    };
    expect(attributesOf(begun)).toEqual({ ...who, phase: 'Running' });
    expect(await begun.staticSummary()).toBe('instance.provision');
    expect(await begun.staticDetails()).toBeUndefined();
    expect(begun.priority).toMatchObject({ priorityKey: 2, fairnessKey: rig.tenant.id });

    held.letGo();
    await ended(rig.db, operation);
    await phaseIs(operation.id, 'Succeeded');
    expect(attributesOf(await describeRun(operation.id))).toEqual({ ...who, phase: 'Succeeded' });
  });

  it('reads the title of each step beside its activity', async () => {
    const { operation } = await create(rig);
    await ended(rig.db, operation);
    const { events } = await rig.temporal.client.workflow.getHandle(workflowIdOf(operation.id)).fetchHistory();
    const read = (data: Uint8Array | null | undefined): unknown =>
      JSON.parse(Buffer.from(data ?? '').toString() || '""');
    const summaries = (events ?? []).flatMap((event) => {
      const { activityTaskScheduledEventAttributes: scheduled, markerRecordedEventAttributes: marker } = event;
      const local = marker?.markerName === 'core_local_activity' ? marker.details?.['data']?.payloads?.[0] : undefined;
      const name =
        scheduled?.activityType?.name ?? (local && (read(local.data) as { activity_type: string }).activity_type);
      const isStep = name !== undefined && name in stepTitles;
      return isStep ? [[name, read(event.userMetadata?.summary?.data)]] : [];
    });
    expect(summaries.length).toBeGreaterThan(5);
    expect(summaries.at(-1)?.[0]).toBe('settle');
    expect(summaries).toEqual(summaries.map(([name]) => [name, stepTitles[name as StepName]]));
  });

  it('reads how it ended also of one that failed, and of one that was superseded', async () => {
    rig.scripted.cluster.fateOf = () => ({ does: 'exit', code: 78, lines: [] });
    const failing = await create(rig);
    await ended(rig.db, failing.operation, 'Failed');
    expect(await phaseIs(failing.operation.id, 'Failed')).toBe('Failed');

    rig.scripted.cluster.fateOf = () => ({ does: 'wait', reason: 'Unschedulable' });
    const superseded = await create(rig);
    await until(
      () => operationOf(rig.db, superseded.operation.id),
      ({ phase }) => phase === 'Running',
    );
    await ended(rig.db, await remove(rig.db, superseded.instance.id, { purge: true }));
    expect(await phaseIs(superseded.operation.id, 'Superseded')).toBe('Superseded');
  });
});
