import type { AgentState } from './scripted-state.ts';
import type { AgentProcess } from './scripted-cluster.ts';

interface Call {
  method?: string;
  params?: { requestId?: string; suspensionId?: string; drain?: boolean };
}

/** OpenClaw's answers about its work: `status`, and the suspension that closes it. Null for any other method. */
export function answerAboutWork(
  { method, params = {} }: Call,
  process: AgentProcess,
  state: AgentState | null,
  isBusy: boolean,
): object | { unavailable: string } | null {
  if (method === 'gateway.suspend.prepare') {
    // Other parameters make another suspension of it.
    const asked = JSON.stringify(params);
    if (process.suspendedBy && process.suspendedBy !== asked) return { unavailable: 'suspended by another' };
    if (isBusy && !params.drain) return { status: 'busy' };
    process.suspendedBy = asked;
    return isBusy ? draining(asked) : { status: 'ready', suspensionId: asked, blockers: [] };
  }
  if (method === 'gateway.suspend.resume') {
    process.suspendedBy = null;
    return { ok: true, status: 'running' };
  }
  if (method !== 'status') return null;
  if (process.suspendedBy) return { unavailable: 'status unavailable during gateway suspension' };
  const recent = (state?.work ?? []).map((key, updatedAt) => ({ key, sessionId: `id-of-${key}`, updatedAt }));
  return { runtimeVersion: state?.version ?? '', sessions: { count: recent.length, recent } };
}

const draining = (suspensionId: string) => ({
  status: 'draining',
  suspensionId,
  blockers: [{ message: '1 active run(s)' }],
});
