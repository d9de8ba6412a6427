import { textOf, tokensOf, type ChatRequest, type PlannedAnswer } from './openai-server.ts';

const repeatedAtMost = 2_000;

/**
 * Repeats what was said last, and says that it does: whoever tries the product sees an agent work, and takes it for no
 * model. Nothing leaves the machine, and nothing costs.
 */
export function echo({ messages, tools = [] }: ChatRequest): PlannedAnswer {
  const said = textOf(messages.filter(({ role }) => role === 'user').slice(-1)).trim();
  const reply = `[echo model, no AI] You said: ${said.slice(0, repeatedAtMost)}`;
  return {
    status: 200,
    delayMs: 0,
    reply,
    tool: null,
    inputTokens: tokensOf(JSON.stringify([messages, tools])),
    outputTokens: tokensOf(reply),
  };
}
