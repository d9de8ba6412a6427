import type { OneShot, WorkloadSpec } from '../../../activities/runtimes/runtime.ts';
import type { Site } from './harness.ts';

const mebibyte = 1024 ** 2;

export const agentPort = 8080;
/** Where the agent finds its things, by name: a runtime without file systems of its own puts others in their place. */
const places = { AGENT_STATE: '/state', AGENT_CONFIGURATION: '/etc/agent', AGENT_SCRATCH: '/tmp/agent' };

/**
 * The agent of the suite, CommonJS for any Node. It does what it is told by `POST /run` (a body of an async function),
 * and answers everything else with what it was asked and given. All that runs on a state folder writes beats into its
 * journal, so that a second one beside it is seen also when it was there for a moment only.
 * @public for harnesses that start it by other means than the command of the specification
 */
export const agentProgram = `
const fs = require('node:fs'), path = require('node:path'), childProcess = require('node:child_process');
const { AGENT_PORT, AGENT_HOST, AGENT_STATE: state, AGENT_CONFIGURATION: configuration } = process.env;
const id = require('node:crypto').randomUUID();
const journal = path.join(state, 'journal');
const note = (what) => fs.appendFileSync(journal, id + ' ' + what + '\\n');
note('start');
setInterval(() => note('beat'), 100);
process.on('SIGTERM', () => {
  note('SIGTERM');
  console.log('asked to end');
  setTimeout(() => process.exit(0), Number(process.env.AGENT_LINGERS_MS ?? 0));
});
const run = (code) => eval('(async () => {' + code + '\\n})()');
const answer = async (request, body) => {
  if (request.method === 'POST' && request.url === '/run') return (await run(body)) ?? null;
  const { method, url, headers } = request;
  const files = Object.fromEntries(
    fs.readdirSync(configuration).filter((name) => !name.startsWith('.'))
      .map((name) => [name, fs.readFileSync(path.join(configuration, name), 'utf8')]),
  );
  return { method, url, body, authorization: headers.authorization, secret: process.env.SECRET, files };
};
if (process.env.AGENT_FIRST) run(process.env.AGENT_FIRST);
require('node:http').createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  answer(request, body).then(
    (result) => response.end(JSON.stringify(result)),
    (error) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(AGENT_PORT), AGENT_HOST, () => console.log('listening'));
`;

/** Of an instance: what is over the environment comes on top of it, everything else replaces. */
export function buildSpec({ runs }: Site, change: Partial<WorkloadSpec> = {}): WorkloadSpec {
  const probe = { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 };
  return {
    agentKind: 'conformance',
    agentVersion: '1',
    revision: 1,
    ...runs,
    command: ['node', '-e', agentProgram],
    port: agentPort,
    user: { uid: 1000, gid: 1000 },
    secretEnvironment: { SECRET: 'first secret' },
    configuration: buildConfiguration(1),
    assets: [],
    state: { mountPath: places.AGENT_STATE },
    scratch: [{ mountPath: places.AGENT_SCRATCH, sizeBytes: 16 * mebibyte }],
    resources: { cpuMillis: 50, memoryBytes: 256 * mebibyte, storageBytes: 64 * mebibyte },
    probes: {
      startup: { ...probe, path: '/startup' },
      readiness: { ...probe, path: '/ready' },
      liveness: { ...probe, path: '/live' },
    },
    terminationGraceSeconds: 5,
    egress: [],
    ...change,
    environment: { AGENT_PORT: String(agentPort), ...places, ...change.environment },
  };
}

export const buildConfiguration = (
  revision: number,
  files: Record<string, string> = { 'agent.json': JSON.stringify({ revision }) },
): WorkloadSpec['configuration'] => ({ mountPath: places.AGENT_CONFIGURATION, files, hash: `hash-${revision}` });

/** A short process of Node: `code` finds its files below `process.env.FILES`. */
export function buildJob({ runs, tenantId }: Site, code: string, change: Partial<OneShot> = {}): OneShot {
  return {
    tenantId,
    name: 'a short process',
    image: runs.image,
    package: runs.package?.package ?? null,
    command: ['node', '-e', code],
    files: { mountPath: '/in', files: { 'a.json': '{"a":1}' } },
    user: { uid: 1000, gid: 1000 },
    scratch: [{ mountPath: '/tmp/job', sizeBytes: mebibyte }],
    resources: { cpuMillis: 50, memoryBytes: 128 * mebibyte },
    timeoutMs: 40_000,
    ...change,
    environment: { FILES: '/in', ...change.environment },
  };
}
