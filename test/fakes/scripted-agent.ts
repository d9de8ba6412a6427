import type { AgentRequest, AgentResponse } from '../../activities/runtimes/runtime.ts';
import type { Stored } from './scripted-cluster.ts';
import { answerAboutWork } from './scripted-suspension.ts';

/** What OpenClaw's administration would answer to the proof, for the configuration that the process reads. */
export function answerAsAgent(
  { workload, process, state }: Stored,
  request: AgentRequest,
  { isBusy = false, fails = false, leaseMs = 120_000 } = {},
): AgentResponse {
  const token = workload?.spec.secretEnvironment.OPENCLAW_GATEWAY_TOKEN;
  if (request.headers?.authorization !== `Bearer ${token}`) return { status: 401, body: 'wrong token' };
  const call = JSON.parse(request.body ?? '{}') as { method?: string; params?: object };
  const { method } = call;
  if (fails && method === 'status') return { status: 200, body: '{"ok":true,"payload":{"sessions":null}}' };
  const aboutWork = process && answerAboutWork(call, process, state, { isBusy, leaseMs });
  if (aboutWork && 'unavailable' in aboutWork) {
    const message = aboutWork.unavailable;
    return { status: 503, body: JSON.stringify({ ok: false, error: { code: 'UNAVAILABLE', message } }) };
  }
  if (aboutWork) return { status: 200, body: JSON.stringify({ ok: true, payload: aboutWork }) };
  if (method !== 'config.get') return { status: 404, body: 'no such method' };
  const parsed: unknown = JSON.parse(process?.files['openclaw.json'] ?? 'null');
  const payload = { valid: true, configRevisionHash: 'same', appliedConfigHash: 'same', parsed, issues: [] };
  return { status: 200, body: JSON.stringify({ ok: true, payload }) };
}
