import { readFileSync } from 'node:fs';
import { describedAdapter } from '../../../activities/adapters/described/adapter.ts';
import { readDescription } from '../../../activities/adapters/described/description.ts';
import type { AgentProcess } from './agent-process.ts';
import { describeAdapter } from './suite.ts';

const fake = (name: string): string => new URL(`../../fakes/${name}`, import.meta.url).pathname;

const { description, faults } = readDescription(JSON.parse(readFileSync(fake('described-agent.json'), 'utf8')));
if (description === null) throw new Error(JSON.stringify(faults));

async function say(agent: AgentProcess, conversation: string, text: string): Promise<string> {
  const response = await fetch(`${agent.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.token}` },
    body: JSON.stringify({ conversation, text }),
  });
  if (!response.ok) throw new Error(String(response.status));
  return ((await response.json()) as { answer: string }).answer;
}

describeAdapter({
  adapter: describedAdapter(description),
  package: 'described-agent@1.0.0',
  program: fake('described-agent.mjs'),
  owned: { native: { telemetry: true }, pointer: '/native/telemetry' },
  refused: { native: { frobnicate: true }, pointer: '/native/frobnicate' },
  change: { logging: { level: 'debug' } },
  say,
});
