import { randomUUID } from 'node:crypto';

import type { InstanceRef, WorkloadSpec } from '../../runtime.ts';

const mebibyte = 1024 ** 2;

/** Answers every request with what it was asked and with what it was given; ends at once when told to. */
const echoServer = `
process.on('SIGTERM', () => process.exit(0));
require('node:http').createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { method, url, headers } = request;
  const file = require('node:fs').readFileSync('/etc/agent/agent.json', 'utf8');
  response.end(JSON.stringify({ method, url, body, authorization: headers.authorization, secret: process.env.SECRET, file }));
}).listen(8080, () => console.log('listening'));`;

export const buildRef = (tenantId: string, name = 'first'): InstanceRef => ({
  tenantId,
  projectId: randomUUID(),
  instanceId: randomUUID(),
  name,
});

export function buildWorkload(change: Partial<WorkloadSpec> = {}): WorkloadSpec {
  const probe = { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 };
  return {
    agentKind: 'echo',
    agentVersion: '1',
    revision: 1,
    image: 'localhost/openclaw:2026.9.6',
    command: ['node', '-e', echoServer],
    package: null,
    port: 8080,
    user: { uid: 1000, gid: 1000 },
    environment: { COLOUR: 'blue' },
    secretEnvironment: { SECRET: 'first secret' },
    configuration: {
      mountPath: '/etc/agent',
      files: { 'agent.json': '{"revision":1}' },
      hash: 'hash-1',
    },
    assets: [],
    state: { mountPath: '/state' },
    scratch: [{ mountPath: '/tmp', sizeBytes: 16 * mebibyte }],
    resources: { cpuMillis: 50, memoryBytes: 256 * mebibyte, storageBytes: 64 * mebibyte },
    probes: {
      startup: { ...probe, path: '/startup' },
      readiness: { ...probe, path: '/ready' },
      liveness: { ...probe, path: '/live' },
    },
    terminationGraceSeconds: 5,
    egress: [],
    ...change,
  };
}
