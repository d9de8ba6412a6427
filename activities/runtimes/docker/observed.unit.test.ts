import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { buildWorkload } from '../kubernetes/testing/workload.ts';
import { labels } from './names.ts';
import { joinObserved, type Found } from './observed.ts';
import { templateHash, templateOf } from './template.ts';

const ref = { tenantId: 'tenant', projectId: 'project', instanceId: 'instance', name: 'x' };
const template = templateOf(ref, buildWorkload());
const wanted = {
  revision: 3,
  configurationHash: 'hash',
  power: 'on' as const,
  removed: false,
  restart: null,
  template,
};

const recordOf = (change: Partial<typeof wanted> | { power: 'off' } = {}): Found['record'] => ({
  containerId: 'record',
  tenantId: 'tenant',
  sequence: 1,
  generation: 7,
  wanted: { ...wanted, ...change },
  older: [],
});

const processOf = (state: Partial<Docker.ContainerInspectInfo['State']>, policy = 'always'): Found['process'] =>
  ({
    Id: 'process',
    RestartCount: 2,
    HostConfig: { RestartPolicy: { Name: policy } },
    Config: { Labels: { [labels.template]: templateHash(template, null), [labels.generation]: '7' } },
    State: {
      Status: 'running',
      Running: true,
      Restarting: false,
      Paused: false,
      ExitCode: 0,
      Error: '',
      StartedAt: 't',
      ...state,
    },
  }) as never;

const found: Found = {
  record: recordOf(),
  process: processOf({}),
  volumePresent: true,
  notReady: null,
  pulling: undefined,
  lastExit: null,
};

describe('what an engine shows of an instance', () => {
  it('is ready and current while its process answers under the wanted template', () => {
    expect(joinObserved(ref, found)).toMatchObject({
      exists: true,
      generation: 7,
      revision: 3,
      power: 'on',
      processId: 'process',
      current: true,
      ready: true,
      restarts: 2,
      reason: null,
      startedAt: 't',
    });
  });

  it('is not current under another template, nor once its end was asked for', () => {
    const restarted = { ...found, record: recordOf({ restart: 'token' as never }) };
    expect(joinObserved(ref, restarted)).toMatchObject({ current: false, processPresent: true });
    const ending = { ...found, process: processOf({}, 'no') };
    expect(joinObserved(ref, ending)).toMatchObject({ current: false, ready: false, terminating: true });
  });

  it('tells with what it ended while it waits for its next start', () => {
    const waiting = processOf({ Status: 'restarting', Restarting: true, ExitCode: 78 });
    expect(joinObserved(ref, { ...found, process: waiting, notReady: 'not running' })).toMatchObject({
      ready: false,
      exitCode: 78,
      reason: 'CrashLoopBackOff',
      current: true,
    });
  });

  it('rests once its process has ended with power off, and not before', () => {
    const off = { ...found, record: recordOf({ power: 'off' }) };
    expect(joinObserved(ref, off)).toMatchObject({
      power: 'off',
      processPresent: true,
      terminating: true,
      ready: false,
    });
    const ended = processOf({ Status: 'exited', Running: false, ExitCode: 137 });
    expect(joinObserved(ref, { ...off, process: ended })).toMatchObject({
      processPresent: false,
      exitCode: null,
      reason: null,
    });
  });

  it('is none but a volume and a generation after its removal', () => {
    const removed = {
      ...found,
      process: undefined,
      record: recordOf({ removed: true as never, power: 'off' as never }),
    };
    expect(joinObserved(ref, removed)).toMatchObject({
      exists: false,
      generation: 7,
      revision: null,
      power: null,
      volumePresent: true,
    });
  });

  it('says that its image is on its way', () => {
    const pulling = { ...found, process: undefined, pulling: '40 % of 100 MiB' };
    expect(joinObserved(ref, pulling)).toMatchObject({ reason: 'Pulling', message: '40 % of 100 MiB', ready: false });
  });
});
