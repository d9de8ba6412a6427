import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from './cluster.ts';
import { reach } from './reach.ts';

const ref = {
  tenantId: '0198c0de-0000-7000-8000-000000000001',
  projectId: '0198c0de-0000-7000-8000-000000000002',
  instanceId: '0198c0de-0000-7000-8000-000000000003',
  name: 'agent',
};
const call = {
  method: 'POST' as const,
  path: '/api/v1/admin/rpc?x=1',
  headers: { authorization: 'Bearer of-this-agent' },
  body: '{"method":"status"}',
  timeoutMs: 2_000,
};
/** Nothing asks it on this way. */
const cluster = {} as Cluster;
const signal = new AbortController().signal;

describe('agents behind an address of the platform’s own', () => {
  let server: Server;
  let address: string;
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/silent')) return;
      void text(request).then((body) => {
        asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        if (request.url?.startsWith('/moved')) response.writeHead(302, { location: '/elsewhere' });
        response.end('here');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const through = (agentAddress: string, timeoutMs = 2_000) =>
    reach(cluster, ref, 18_789, { ...call, timeoutMs }, { inCluster: false, agentAddress }, signal);

  it('are called below the path of their instance, with their own token', async () => {
    const answer = await through(`${address}/agents/{instanceId}/`);
    expect(answer).toEqual({ status: 200, body: 'here' });
    const path = `/agents/${ref.instanceId}/api/v1/admin/rpc?x=1`;
    expect(asked).toEqual([`POST ${path} Bearer of-this-agent {"method":"status"}`]);
  });

  it('are not followed elsewhere, so that the token goes nowhere else', async () => {
    asked.length = 0;
    expect((await through(`${address}/moved/{instanceId}`)).status).toBe(302);
    expect(asked).toHaveLength(1);
  });

  it('are unreachable where nobody answers, within the time that the call has', async () => {
    await expect(through(`${address}/silent/{instanceId}`, 200)).rejects.toMatchObject({ code: 'agent.unreachable' });
    await expect(through('http://127.0.0.1:1/{instanceId}')).rejects.toMatchObject({ code: 'agent.unreachable' });
  });
});
