import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

export interface ChatRequest {
  model: string;
  stream?: boolean;
  messages: ChatMessage[];
  tools?: unknown[];
}

export interface ChatMessage {
  role: string;
  content?: string | { text?: string }[] | null;
}

export interface PlannedAnswer {
  status: number;
  delayMs: number;
  reply: string;
  tool: { name: string; json: string } | null;
  inputTokens: number;
  outputTokens: number;
}

/** What the server handed out, to compare with what an agent reports. */
export interface ModelStats {
  requests: number;
  ok: number;
  errors: number;
  inputTokens: number;
  outputTokens: number;
  toolCalls: number;
  byModel: Record<string, number>;
  /** The bearer token of the newest request, to see a secret arrive. */
  lastApiKey: string | null;
}

export interface ModelServer {
  /** What a provider of an agent has as its `baseUrl`. */
  url: string;
  port: number;
  stats(): ModelStats;
  close(): Promise<void>;
}

/** A server that speaks as OpenAI's chat completions do, and says what `plan` says. */
export async function startModelServer({
  host,
  port = 0,
  plan,
}: {
  host: string;
  port?: number;
  plan(chat: ChatRequest): PlannedAnswer;
}): Promise<ModelServer> {
  const stats: ModelStats = {
    requests: 0,
    ok: 0,
    errors: 0,
    inputTokens: 0,
    outputTokens: 0,
    toolCalls: 0,
    byModel: {},
    lastApiKey: null,
  };
  const server = createServer((request, response) => {
    answer(request, response, { stats, plan }).catch((error: unknown) => {
      stats.errors += 1;
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: { message: String(error) } });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The model server has no port');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/v1`,
    port: address.port,
    stats: () => structuredClone(stats),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Place {
  stats: ModelStats;
  plan(chat: ChatRequest): PlannedAnswer;
}

async function answer(request: IncomingMessage, response: ServerResponse, { stats, plan }: Place): Promise<void> {
  const path = request.url?.split('?')[0];
  if (request.method === 'GET' && path === '/healthz') return sendJson(response, 200, { ok: true });
  if (request.method === 'GET' && path === '/stats') return sendJson(response, 200, stats);
  if (request.method === 'GET' && path === '/v1/models') return sendJson(response, 200, { object: 'list', data: [] });
  if (request.method !== 'POST' || path !== '/v1/chat/completions') {
    return sendJson(response, 404, { error: { message: `There is no ${request.method} ${path}` } });
  }
  stats.requests += 1;
  stats.lastApiKey = request.headers.authorization?.replace(/^Bearer /, '') ?? null;
  const chat = JSON.parse(await text(request)) as ChatRequest;
  await complete(chat, plan(chat), response, stats);
}

async function complete(
  chat: ChatRequest,
  plan: PlannedAnswer,
  response: ServerResponse,
  stats: ModelStats,
): Promise<void> {
  if (plan.delayMs > 0) await delay(plan.delayMs);
  if (plan.status !== 200) {
    stats.errors += 1;
    return sendJson(response, plan.status, {
      error: { message: `Failure ${plan.status} as asked`, type: 'asked_for' },
    });
  }
  stats.ok += 1;
  stats.inputTokens += plan.inputTokens;
  stats.outputTokens += plan.outputTokens;
  stats.toolCalls += plan.tool ? 1 : 0;
  stats.byModel[chat.model] = (stats.byModel[chat.model] ?? 0) + 1;
  const base = {
    id: `chatcmpl-${stats.requests}`,
    created: Math.floor(Date.now() / 1_000),
    model: chat.model,
  };
  if (chat.stream) stream(response, base, plan, stats.requests);
  else sendJson(response, 200, wholeAnswer(base, plan, stats.requests));
}

const usageOf = ({ inputTokens, outputTokens }: PlannedAnswer) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
});

const toolCallsOf = ({ tool }: PlannedAnswer, number: number) =>
  tool
    ? [
        {
          index: 0,
          id: `call_${number}`,
          type: 'function',
          function: { name: tool.name, arguments: tool.json },
        },
      ]
    : null;

function wholeAnswer(base: object, plan: PlannedAnswer, number: number): object {
  const calls = toolCallsOf(plan, number);
  const message = {
    role: 'assistant',
    content: calls ? null : plan.reply,
    ...(calls && { tool_calls: calls }),
  };
  const choice = { index: 0, message, finish_reason: calls ? 'tool_calls' : 'stop' };
  return { ...base, object: 'chat.completion', choices: [choice], usage: usageOf(plan) };
}

function stream(response: ServerResponse, base: object, plan: PlannedAnswer, number: number): void {
  const calls = toolCallsOf(plan, number);
  const piece = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const pieces = [
    piece({ role: 'assistant', content: '' }),
    ...(calls ? [piece({ tool_calls: calls })] : plan.reply.split(/(?<= )/).map((word) => piece({ content: word }))),
    piece({}, calls ? 'tool_calls' : 'stop'),
    { ...base, object: 'chat.completion.chunk', choices: [], usage: usageOf(plan) },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const each of pieces) response.write(`data: ${JSON.stringify(each)}\n\n`);
  response.end('data: [DONE]\n\n');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export const textOf = (messages: readonly ChatMessage[]): string =>
  messages
    .map(({ content }) =>
      typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n'),
    )
    .join('\n');

/** Four characters a token: not true of any model, but the same every time. */
export const tokensOf = (written: string): number => Math.max(1, Math.ceil(written.length / 4));
