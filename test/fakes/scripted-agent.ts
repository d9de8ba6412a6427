import type { AgentRequest, AgentResponse } from '../../activities/runtimes/runtime.ts';
import type { Stored } from './scripted-cluster.ts';

/** What OpenClaw's administration would answer to the proof, for the configuration that the process reads. */
export function answerAsAgent({ workload, process }: Stored, request: AgentRequest): AgentResponse {
  const token = workload?.spec.secretEnvironment.OPENCLAW_GATEWAY_TOKEN;
  if (request.headers?.authorization !== `Bearer ${token}`) return { status: 401, body: 'wrong token' };
  const { method } = JSON.parse(request.body ?? '{}') as { method?: string };
  if (method !== 'config.get') return { status: 404, body: 'no such method' };
  const parsed: unknown = JSON.parse(process?.files['openclaw.json'] ?? 'null');
  const payload = { valid: true, configRevisionHash: 'same', appliedConfigHash: 'same', parsed, issues: [] };
  return { status: 200, body: JSON.stringify({ ok: true, payload }) };
}
