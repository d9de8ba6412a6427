import { placeOf } from '../../activities/runtimes/kubernetes/names.ts';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { workflowTypes } from '../../workflows/contracts/operations.ts';
import { answered, purge, succeeded, succeededAtLast, type Operation, type RealProduct } from './real-product.ts';

interface Instance {
  configuration: object;
  resources: object;
}

/**
 * One operation of each kind, on one instance and its tenant, each of which must succeed.
 * @throws Error when there is a kind that has not been tried
 */
export async function everyOperation(place: RealProduct, report: (message: string) => void): Promise<Operation[]> {
  const { administrator: api, newInstance, tenantId } = place;
  const done: Operation[] = [];
  const take = async (operation: Promise<Operation>): Promise<Operation> => {
    const ended = await operation;
    done.push(ended);
    report(`${ended.kind} has succeeded`);
    return ended;
  };

  const created = await take(succeeded(api, api.post('/instances', newInstance('cost'))));
  const instanceId = created.instanceId ?? '';
  const path = `/instances/${instanceId}`;
  const verb = (name: string): Promise<Operation> => take(succeeded(api, api.post(`${path}/${name}`)));
  const change = async (body: (now: Instance) => object): Promise<void> => {
    const read = await api.get(path);
    await take(succeeded(api, api.put(path, body(read.body as Instance), read.headers.get('ETag') ?? '')));
  };

  await verb('sync');
  await change(({ configuration, resources }) => ({
    configuration: { ...configuration, logging: { level: 'debug' } },
    resources,
  }));
  const agentVersionId = await enterVersionAgain(place);
  await change(({ configuration, resources }) => ({ configuration, resources, agentVersionId }));
  await take(succeeded(api, api.post(`${path}/rollback`, {})));
  await verb('restart');
  await verb('stop');
  await verb('start');
  await refuseConfiguration(place, instanceId);
  await take(succeededAtLast(api, await operationOf(place, instanceId, 'instance.hold')));
  await verb('kill');
  const { headers } = await api.get(path);
  await take(succeeded(api, api.delete(path, headers.get('ETag') ?? '')));
  await take(purge(api, instanceId));
  const quota = await api.get(`/tenants/${tenantId}/quota`);
  const { limits } = quota.body as { limits: { instances: number } };
  const more = { ...limits, instances: limits.instances + 1 };
  await take(succeeded(api, api.put(`/tenants/${tenantId}/quota`, more, quota.headers.get('ETag') ?? '')));
  const tenant = await api.get(`/tenants/${tenantId}`);
  await take(succeeded(api, api.delete(`/tenants/${tenantId}`, tenant.headers.get('ETag') ?? '')));

  const untried = Object.keys(workflowTypes).filter((kind) => !done.some((operation) => operation.kind === kind));
  if (untried.length > 0) throw new Error(`Not tried: ${untried.join(', ')}`);
  return done;
}

/** The same image as another version: what an upgrade does to history does not depend on what is in it. */
async function enterVersionAgain({ administrator: api, image }: RealProduct): Promise<string> {
  const version = `${image.split(':').at(-1)}-again`;
  const entered = await answered(api.post('/agent-versions', { kind: 'openclaw', version, image }), 201);
  return (entered as { id: string }).id;
}

/** Past the product: the agent ends as one that refuses its configuration after it had come up. */
async function refuseConfiguration({ cluster, tenantId }: RealProduct, instanceId: string): Promise<void> {
  const { namespace, name } = placeOf({ tenantId, instanceId });
  const signal = AbortSignal.timeout(30_000);
  const workload = await cluster.get('StatefulSet', namespace, name, signal);
  const agent = workload?.spec?.template.spec?.containers[0];
  if (!workload || !agent) throw new Error(`${namespace}/${name} is not there`);
  agent.command = ['sh', '-c', 'exit 78'];
  await cluster.replace('StatefulSet', namespace, workload, signal);
}

const operationOf = ({ administrator: api }: RealProduct, instanceId: string, kind: string): Promise<string> =>
  waitUntil(
    async () => {
      const { items } = (await answered(api.get(`/operations?instanceId=${instanceId}&kind=${kind}`), 200)) as {
        items: { id: string }[];
      };
      if (!items[0]) throw new Error(`there is no ${kind} of ${instanceId} yet`);
      return items[0].id;
    },
    { timeoutMs: 120_000 },
  );
