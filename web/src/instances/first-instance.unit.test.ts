import { describe, expect, it } from 'vitest';
import { buildAgentVersion, buildCluster, buildProject } from '../testing/build-objects.ts';
import { firstInstanceOf } from './first-instance.ts';

const echoModel = { baseUrl: 'http://127.0.0.1:4000/v1', model: 'echo' };
const machine = buildCluster({ runtime: 'machine', phase: 'Ready' });
const packaged = buildAgentVersion({ package: 'openclaw@2026.9.6' });
const choice = {
  projects: [buildProject({ permissions: ['instance:create'] })],
  clusters: [buildCluster(), machine],
  versions: [packaged],
  echoModel,
};

describe('the first instance', () => {
  it('runs on the machine, from a package, and asks the echo model', () => {
    expect(firstInstanceOf(choice)).toMatchObject({
      clusterId: machine.id,
      agentVersionId: packaged.id,
      configuration: { providers: [{ name: 'echo', baseUrl: echoModel.baseUrl, models: [{ id: 'echo' }] }] },
    });
  });

  it.each([
    ['there is no echo model', { echoModel: null }],
    ['nobody has said yet whether there is one', { echoModel: undefined }],
    ['no cluster is a machine, which alone reaches it', { clusters: [buildCluster()] }],
    ['the machine does not answer', { clusters: [buildCluster({ runtime: 'machine', phase: 'Unreachable' })] }],
    ['no version runs from a package', { versions: [buildAgentVersion({ package: null })] }],
    ['the version is withdrawn', { versions: [{ ...packaged, status: 'withdrawn' as const }] }],
    ['the person may not create one', { projects: [buildProject({ permissions: [] })] }],
  ])('is not offered where %s', (_, without) => {
    expect(firstInstanceOf({ ...choice, ...without })).toBeNull();
  });
});
