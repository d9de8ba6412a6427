import type { AgentState } from './scripted-state.ts';
import type { AgentProcess } from './scripted-cluster.ts';

interface Call {
  method?: string;
  params?: { requestId?: string; suspensionId?: string; drain?: boolean };
}

/** Closed for new work: by a lease that ends by itself when nobody prolongs it. */
export const isClosed = ({ suspendedBy, leaseEndsAtMs }: AgentProcess): boolean =>
  suspendedBy !== null && Date.now() < leaseEndsAtMs;

/** OpenClaw's answers about its work: `status`, and the suspension that closes it. Null for any other method. */
export function answerAboutWork(
  { method, params = {} }: Call,
  process: AgentProcess,
  state: AgentState | null,
  { isBusy, leaseMs }: { isBusy: boolean; leaseMs: number },
): object | { unavailable: string } | null {
  if (method === 'gateway.suspend.prepare') {
    // Other parameters make another suspension of it.
    const asked = JSON.stringify(params);
    if (isClosed(process) && process.suspendedBy !== asked) return { unavailable: 'suspended by another' };
    if (isBusy && !params.drain) return { status: 'busy' };
    process.suspendedBy = asked;
    process.leaseEndsAtMs = Date.now() + leaseMs;
    const suspension = { suspensionId: asked, expiresAtMs: process.leaseEndsAtMs };
    return isBusy ? { status: 'draining', ...suspension, blockers } : { status: 'ready', ...suspension, blockers: [] };
  }
  if (method === 'gateway.suspend.resume') {
    process.suspendedBy = null;
    return { ok: true, status: 'running' };
  }
  if (method !== 'status') return null;
  if (isClosed(process)) return { unavailable: 'status unavailable during gateway suspension' };
  const recent = (state?.work ?? []).map((key, updatedAt) => ({ key, sessionId: `id-of-${key}`, updatedAt }));
  return { runtimeVersion: state?.version ?? '', sessions: { count: recent.length, recent } };
}

const blockers = [{ message: '1 active run(s)' }];
