import { openClawAdapter } from '../../../activities/adapters/openclaw/adapter.ts';
import { agentPackages } from '../../platform/agent-programs.ts';
import { provided } from '../../platform/environment.ts';
import type { AgentProcess } from './agent-process.ts';
import { describeAdapter } from './suite.ts';

async function say(agent: AgentProcess, conversation: string, text: string): Promise<string> {
  const response = await fetch(`${agent.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openclaw/default',
      user: conversation,
      messages: [{ role: 'user', content: text }],
    }),
  });
  const body = (await response.json()) as { choices?: { message?: { content?: string } }[] };
  const answer = body.choices?.[0]?.message?.content;
  if (answer === undefined) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return answer;
}

const { name, version } = agentPackages.openClaw;

describeAdapter({
  adapter: openClawAdapter,
  package: `${name}@${version}`,
  program: provided('TEST_OPENCLAW_COMMAND'),
  owned: { native: { gateway: { port: 1 } }, pointer: '/native/gateway/port' },
  refused: {
    native: { agents: { defaults: { frobnicate: true } } },
    pointer: '/native/agents/defaults/frobnicate',
  },
  change: { logging: { level: 'debug' } },
  say,
});
