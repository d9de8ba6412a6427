import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { testKubernetes } from './kubernetes.ts';

const kubernetes = testKubernetes();

describe.skipIf(!kubernetes)('the local Kubernetes', () => {
  it('has a node that is ready', async () => {
    const config = new KubeConfig();
    config.loadFromString(kubernetes?.adminKubeconfig ?? '');
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    expect(items).toHaveLength(1);
    const conditions = items[0]?.status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });
});
