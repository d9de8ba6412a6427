// Runs inside OpenClaw. GET /occ/metrics gives the counters as JSON, with `?format=prometheus` as Prometheus text.
// The token is one of its own: whoever only counts never holds the gateway's, which may do everything.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { onInternalDiagnosticEvent } from 'openclaw/plugin-sdk/diagnostic-runtime';
import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';

const id = 'open-cluster-claw-metrics';

// Of the process and not of the module: a reload of the plugin neither forgets nor counts twice.
const state = (globalThis[Symbol.for(id)] ??= {
  processId: randomUUID(),
  totals: { callsSucceeded: 0, callsFailed: 0, runs: 0, tokensIn: 0, tokensOut: 0, costMicros: 0 },
  series: new Map(),
  stop: undefined,
});

const help = {
  occ_model_calls_total: 'Attempts to call a model, by outcome',
  occ_model_tokens_total: 'Tokens, by kind',
  occ_model_cost_usd_total: 'Cost as OpenClaw works it out from its price list',
  occ_runs_total: 'Runs of the agent, by outcome',
  occ_tool_calls_total: 'Calls of tools, by outcome',
};
const seriesLimit = 2_000;

function count(name, labels, value = 1) {
  if (!(value > 0) || !Number.isFinite(value)) return;
  const text = Object.entries(labels)
    .map(
      ([label, content]) =>
        `${label}="${String(content ?? 'unknown')
          .replaceAll(/["\\\n]/g, '_')
          .slice(0, 200)}"`,
    )
    .join(',');
  const key = `${name}{${text}}`;
  if (!state.series.has(key) && state.series.size >= seriesLimit) return;
  state.series.set(key, (state.series.get(key) ?? 0) + value);
}

const amount = (value) => (Number.isFinite(value) && value > 0 ? value : 0);

const recorders = {
  // once a run, for all of its calls
  'model.usage'({ provider, model, usage = {}, costUsd }) {
    const of = { provider, model };
    for (const [kind, tokens] of Object.entries({
      input: usage.input,
      cache_read: usage.cacheRead,
      cache_write: usage.cacheWrite,
    })) {
      state.totals.tokensIn += amount(tokens);
      count('occ_model_tokens_total', { ...of, kind }, tokens);
    }
    state.totals.tokensOut += amount(usage.output);
    count('occ_model_tokens_total', { ...of, kind: 'output' }, usage.output);
    state.totals.costMicros += Math.round(amount(costUsd) * 1e6);
    count('occ_model_cost_usd_total', of, costUsd);
  },
  'model.call.completed'({ provider, model }) {
    state.totals.callsSucceeded += 1;
    count('occ_model_calls_total', { provider, model, outcome: 'succeeded' });
  },
  'model.call.error'({ provider, model, errorCategory, failureKind }) {
    // whoever asked has gone away: neither the model nor the agent is to blame
    const aborted = failureKind === 'aborted';
    if (!aborted) state.totals.callsFailed += 1;
    count('occ_model_calls_total', { provider, model, outcome: aborted ? 'aborted' : errorCategory });
  },
  'run.completed'({ outcome }) {
    state.totals.runs += 1;
    count('occ_runs_total', { outcome });
  },
  'tool.execution.completed': ({ toolName }) => count('occ_tool_calls_total', { tool: toolName, outcome: 'completed' }),
  'tool.execution.error': ({ toolName }) => count('occ_tool_calls_total', { tool: toolName, outcome: 'error' }),
  'tool.execution.blocked': ({ toolName }) => count('occ_tool_calls_total', { tool: toolName, outcome: 'blocked' }),
};

const digest = (text) => createHash('sha256').update(text).digest();

function isAllowed(authorization) {
  const token = process.env.OCC_METRICS_TOKEN;
  return Boolean(token) && timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}

function prometheusText() {
  const lines = Object.entries(help).flatMap(([name, text]) => {
    const series = [...state.series].filter(([key]) => key.startsWith(`${name}{`));
    const head = [`# HELP ${name} ${text}`, `# TYPE ${name} counter`];
    return series.length === 0 ? [] : [...head, ...series.map(([key, value]) => `${key} ${value}`)];
  });
  return `${lines.join('\n')}\n`;
}

function answer(request, response) {
  response.setHeader('cache-control', 'no-store');
  if (!isAllowed(request.headers.authorization)) {
    response.statusCode = 401;
    response.end('unauthorized\n');
  } else if (new URL(request.url ?? '/', 'http://agent').searchParams.get('format') === 'prometheus') {
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(prometheusText());
  } else {
    response.setHeader('content-type', 'application/json');
    const { processId, totals } = state;
    response.end(JSON.stringify({ processId, uptimeSeconds: process.uptime(), ...totals }));
  }
  return true;
}

// oxlint-disable-next-line import/no-default-export -- OpenClaw takes a plugin's default export
export default definePluginEntry({
  id,
  name: 'Open Cluster Claw metrics',
  description: 'Counts what the agent does with its models',
  register(api) {
    api.registerService({
      id,
      start() {
        state.stop?.();
        state.stop = onInternalDiagnosticEvent((event) => recorders[event.type]?.(event), {
          include: Object.keys(recorders),
        });
      },
      stop() {
        state.stop?.();
        state.stop = undefined;
      },
    });
    api.registerHttpRoute({ path: '/occ/metrics', auth: 'plugin', match: 'exact', handler: answer });
  },
});
