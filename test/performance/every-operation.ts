import { purge, succeeded, type Operation, type RealProduct } from './real-product.ts';

/** One operation of each kind that people ask for, on one instance and its tenant, each of which must succeed. */
export async function everyOperation(
  { administrator: api, newInstance, tenantId }: RealProduct,
  report: (message: string) => void,
): Promise<Operation[]> {
  const done: Operation[] = [];
  const take = async (operation: Promise<Operation>): Promise<Operation> => {
    const ended = await operation;
    done.push(ended);
    report(`${ended.kind} has succeeded`);
    return ended;
  };

  const { instanceId } = await take(succeeded(api, api.post('/instances', newInstance('cost'))));
  const path = `/instances/${instanceId}`;
  const verb = (name: string): Promise<Operation> => take(succeeded(api, api.post(`${path}/${name}`)));
  const change = async (body: (now: { configuration: object; resources: object }) => object): Promise<void> => {
    const read = await api.get(path);
    const now = read.body as { configuration: object; resources: object };
    await take(succeeded(api, api.put(path, body(now), read.headers.get('ETag') ?? '')));
  };

  await verb('sync');
  await change(({ configuration, resources }) => ({
    configuration: { ...configuration, logging: { level: 'debug' } },
    resources,
  }));
  await verb('restart');
  await verb('stop');
  await verb('start');
  await verb('kill');
  const { headers } = await api.get(path);
  await take(succeeded(api, api.delete(path, headers.get('ETag') ?? '')));
  await take(purge(api, instanceId ?? ''));
  const quota = await api.get(`/tenants/${tenantId}/quota`);
  const { limits } = quota.body as { limits: { instances: number } };
  const more = { ...limits, instances: limits.instances + 1 };
  await take(succeeded(api, api.put(`/tenants/${tenantId}/quota`, more, quota.headers.get('ETag') ?? '')));
  const tenant = await api.get(`/tenants/${tenantId}`);
  await take(succeeded(api, api.delete(`/tenants/${tenantId}`, tenant.headers.get('ETag') ?? '')));
  return done;
}
