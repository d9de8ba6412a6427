import { openCodeAdapter } from '../../../activities/adapters/opencode/adapter.ts';
import { agentPackages } from '../../platform/agent-programs.ts';
import { provided } from '../../platform/environment.ts';
import type { AgentProcess } from './agent-process.ts';
import { describeAdapter } from './suite.ts';

/** OpenCode names its sessions itself. */
const sessions = new Map<string, string>();

async function post(agent: AgentProcess, path: string, body: object): Promise<Record<string, unknown>> {
  const credentials = Buffer.from(`opencode:${agent.token}`).toString('base64');
  const response = await fetch(`${agent.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

async function say(agent: AgentProcess, conversation: string, text: string): Promise<string> {
  const session = sessions.get(conversation) ?? String((await post(agent, '/session', {}))['id']);
  sessions.set(conversation, session);
  const { parts } = await post(agent, `/session/${session}/message`, { parts: [{ type: 'text', text }] });
  const said = (parts as { type: string; text?: string }[]).findLast(({ type }) => type === 'text')?.text;
  if (said === undefined) throw new Error('no answer');
  return said;
}

const { name, version } = agentPackages.openCode;

describeAdapter({
  adapter: openCodeAdapter,
  package: `${name}@${version}`,
  program: provided('TEST_OPENCODE_COMMAND'),
  owned: { native: { share: 'auto' }, pointer: '/native/share' },
  // known to it are other words
  refused: { native: { permission: { bash: 'perhaps' } }, pointer: '/native/permission/bash' },
  change: { logging: { level: 'debug' } },
  say,
});
