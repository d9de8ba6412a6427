import { textOf, tokensOf } from '../../deploy/local/echo-model/openai-server.ts';
import type { ChatRequest, PlannedAnswer } from '../../deploy/local/echo-model/openai-server.ts';

/**
 * What the fake model says. Words in the newest user message steer it:
 *   [[status=500]]             answer with that HTTP status
 *   [[delay=1500]]             wait so many milliseconds first
 *   [[tokens=900]]             report so many output tokens
 *   [[say=some words]]         answer exactly that
 *   [[tool=exec {"command":"date"}]]  answer with one tool call
 *   [[remember=blue]] and, in a later turn of the same conversation, [[recall]]: answers `I remember: blue`
 * A model of the name `status-500` answers with that HTTP status, whatever is said.
 */
export function planAnswer({ model, messages, tools = [] }: ChatRequest): PlannedAnswer {
  // agents append messages of their own behind what the person wrote, so all after the last answer count as newest
  const newest = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const asked = textOf(newest.filter(({ role }) => role === 'user'));
  const word = (pattern: RegExp): string | undefined => pattern.exec(asked)?.[1];
  const call = /\[\[tool=(\w+)\s*(\{.*?\})?\]\]/s.exec(asked);
  const answersTool = newest.some(({ role }) => role === 'tool');
  const tool = call?.[1] && !answersTool ? { name: call[1], json: call[2] ?? '{}' } : null;
  const reply = word(/\[\[say=(.*?)\]\]/s) ?? (asked.includes('[[recall]]') ? recall(messages) : 'Understood.');
  return {
    status: Number(word(/\[\[status=(\d{3})\]\]/) ?? /^status-(\d{3})$/.exec(model)?.[1] ?? 200),
    delayMs: Number(word(/\[\[delay=(\d+)\]\]/) ?? 0),
    reply,
    tool,
    inputTokens: tokensOf(JSON.stringify([messages, tools])),
    outputTokens: Number(word(/\[\[tokens=(\d+)\]\]/) ?? tokensOf(tool?.json ?? reply)),
  };
}

function recall(messages: ChatRequest['messages']): string {
  const words = [...textOf(messages.filter(({ role }) => role === 'user')).matchAll(/\[\[remember=(.*?)\]\]/g)];
  return words.length > 0 ? `I remember: ${words.map(([, said]) => said).join(', ')}` : 'I remember nothing.';
}
