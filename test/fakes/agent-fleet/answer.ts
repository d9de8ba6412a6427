import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Agent, Agents } from './agents.ts';
import type { Script } from './script.ts';

/**
 * One request to one agent. Where no process runs nothing listens: the connection breaks. Paths and answers are those
 * of OpenClaw, as far as the platform uses them.
 */
export async function answerAsAgent(
  agents: Agents,
  instanceId: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const agent = agents.byId.get(instanceId);
  if (!agent?.process) return void request.destroy();
  const script = agents.scriptOf(agent.labels);
  if (script.isSilent) return;
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (path === '/healthz') return json(200, { ok: true });
  if (path === '/startupz') return json(agent.process.ready && !agent.process.suspended ? 200 : 503, {});
  if (path.startsWith('/occ/metrics')) {
    if (!isAuthorized(request, agent.secrets.OCC_METRICS_TOKEN)) return json(401, { error: 'unauthorized' });
    return json(200, usageOf(agent, script));
  }
  if (path !== '/api/v1/admin/rpc' || !agent.process.ready) return json(404, { error: 'not found' });
  if (!isAuthorized(request, agent.secrets.OPENCLAW_GATEWAY_TOKEN)) return json(401, { error: 'unauthorized' });
  const { method } = JSON.parse(await text(request)) as { method: string };
  json(200, answerCall(agent, script, method));
}

const isAuthorized = ({ headers }: IncomingMessage, token: string | undefined): boolean =>
  token !== undefined && headers.authorization === `Bearer ${token}`;

function answerCall(agent: Agent, script: Script, method: string): unknown {
  switch (method) {
    case 'config.get':
      return { ok: true, payload: configurationOf(agent, script) };
    case 'status':
      return { ok: true, payload: { runtimeVersion: '2026.9.6', sessions: { count: 0, recent: [] } } };
    case 'gateway.suspend.prepare':
    case 'gateway.suspend.resume':
      if (agent.process) agent.process.suspended = method.endsWith('prepare');
      return { ok: true, payload: { status: 'ready', suspensionId: agent.process?.uid, blockers: [] } };
    default:
      return { ok: false, error: { code: 'INVALID_REQUEST', message: `unknown method: ${method}` } };
  }
}

function configurationOf(agent: Agent, script: Script): unknown {
  if (script.refusesConfiguration) {
    const issues = [{ path: '<root>', message: 'The script refuses this configuration.' }];
    return { valid: false, configRevisionHash: null, appliedConfigHash: null, parsed: null, issues };
  }
  const file = agent.readAfter(script.proveSeconds) ?? 'null';
  const hash = createHash('sha256').update(file).digest('hex');
  return { valid: true, configRevisionHash: hash, appliedConfigHash: hash, parsed: JSON.parse(file), issues: [] };
}

function usageOf({ process }: Agent, script: Script): unknown {
  if (!process) return null;
  const { uid, startedAtMs, usage } = process;
  usage.accrue(script);
  const uptimeSeconds = (Date.now() - startedAtMs) / 1_000;
  // oxlint-disable-next-line typescript/no-misused-spread -- its counts are wanted, not what it does
  return { processId: uid, uptimeSeconds, ...usage, runs: usage.callsSucceeded };
}
