#!/usr/bin/env node
// An agent that nobody wrote an adapter for: a file, a port, a token, a model. Everything that the platform knows of it
// stands in `described-agent.json`.
import { createServer } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { AGENT_CONFIG: file = '', AGENT_STATE: state = '.', AGENT_TOKEN: token = '' } = process.env;
const startedSeconds = Date.now() / 1_000;
const counters = { ok: 0, failed: 0, turns: 0, input: 0, output: 0, dollars: 0 };
const memory = join(state, 'turns.json');
const turns = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {};

function readConfiguration() {
  const found = JSON.parse(readFileSync(file, 'utf8'));
  if (found.frobnicate !== undefined) throw new Error('frobnicate: unknown key');
  return found;
}

let configuration;
try {
  configuration = readConfiguration();
} catch (error) {
  process.stderr.write(`fatal: ${error.message}\n`);
  process.exit(64);
}

const filled = (text) => text.replaceAll(/\$\{([A-Z_]+)\}/g, (_whole, name) => process.env[name] ?? '');

async function chat({ conversation, text }) {
  const said = [...(turns[conversation] ?? []), { role: 'user', content: text }];
  const { url, key, id: model, prices } = configuration.models[configuration.default];
  counters.turns += 1;
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${filled(key)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: said }),
  });
  if (!response.ok) {
    counters.failed += 1;
    return { status: 502, body: {} };
  }
  const { choices, usage } = await response.json();
  counters.ok += 1;
  counters.input += usage.prompt_tokens;
  counters.output += usage.completion_tokens;
  counters.dollars += (usage.prompt_tokens * prices.input + usage.completion_tokens * prices.output) / 1_000_000;
  const reply = choices[0].message.content;
  turns[conversation] = [...said, { role: 'assistant', content: reply }];
  writeFileSync(memory, JSON.stringify(turns));
  return { status: 200, body: { answer: reply } };
}

const metrics = () =>
  [
    `process_start_time_seconds ${startedSeconds}`,
    `agent_calls_total{outcome="ok"} ${counters.ok}`,
    `agent_failures_total{model="a"} ${counters.failed}`,
    `agent_turns_total ${counters.turns}`,
    `agent_tokens_in_total{model="a"} ${counters.input}`,
    `agent_tokens_out_total{model="a"} ${counters.output}`,
    `agent_cost_dollars_total ${counters.dollars}`,
  ].join('\n');

async function answer(request, body) {
  if (request.url === '/healthz') return { status: 200, body: { ok: true } };
  if (request.headers.authorization !== `Bearer ${token}`) return { status: 401, body: {} };
  if (request.url === '/configuration') return { status: 200, body: { running: configuration } };
  if (request.url === '/turns') return { status: 200, body: { turns } };
  if (request.url === '/metrics') return { status: 200, body: metrics() };
  if (request.url === '/reload') {
    try {
      configuration = readConfiguration();
    } catch (error) {
      return { status: 400, body: { error: error.message } };
    }
    return { status: 200, body: {} };
  }
  return request.url === '/chat' ? chat(JSON.parse(body)) : { status: 404, body: {} };
}

createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', async () => {
    const { status, body: said } = await answer(request, body);
    response.writeHead(status).end(typeof said === 'string' ? said : JSON.stringify(said));
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
