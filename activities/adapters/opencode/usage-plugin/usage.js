// Runs inside OpenCode, once for each folder that it works in, with one set of counters for the process. Writes them to
// a file beside OpenCode's own state, from where the platform reads them through OpenCode's own port.
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(process.env.XDG_STATE_HOME ?? '.', 'opencode');
const file = join(folder, 'open-cluster-claw-usage.json');
const processId = randomUUID();
const counters = { callsSucceeded: 0, callsFailed: 0, runs: 0, tokensIn: 0, tokensOut: 0, costMicros: 0 };

/** Ids of what is counted already, the newest ones: an event comes again when its part changes. */
const counted = new Set();
const countedAtMost = 2_000;

function isNew(id) {
  if (counted.has(id)) return false;
  counted.add(id);
  if (counted.size > countedAtMost) counted.delete(counted.values().next().value);
  return true;
}

function countCall({ tokens = {}, cost = 0 }) {
  const { input = 0, output = 0, reasoning = 0, cache = {} } = tokens;
  counters.callsSucceeded += 1;
  counters.tokensIn += input + (cache.read ?? 0) + (cache.write ?? 0);
  counters.tokensOut += output + reasoning;
  counters.costMicros += Math.round(cost * 1_000_000);
}

/** @returns whether anything was counted */
function count({ type, properties }) {
  const { part, info, status } = properties ?? {};
  if (type === 'message.part.updated' && part?.type === 'step-finish' && isNew(part.id)) countCall(part);
  else if (type === 'message.updated' && failed(info) && isNew(info.id)) counters.callsFailed += 1;
  else if (type === 'session.status' && status?.type === 'retry') counters.callsFailed += 1;
  else if (type === 'session.idle') counters.runs += 1;
  else return false;
  return true;
}

const failed = (info) =>
  info?.role === 'assistant' && info.error !== undefined && info.error.name !== 'MessageAbortedError';

/** In one step: who reads meanwhile gets the one or the other. */
function write() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${file}.next`,
    JSON.stringify({ processId, startedAtMs: Date.now() - process.uptime() * 1_000, ...counters }),
  );
  renameSync(`${file}.next`, file);
}

export const OpenClusterClawUsage = async () => {
  write();
  return {
    event: async ({ event }) => {
      if (count(event)) write();
    },
  };
};
