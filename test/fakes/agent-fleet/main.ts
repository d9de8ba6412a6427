// The agents of a simulated cluster, all in one process: `/agents/<instance>/…` answers as each of them would,
// `/control/rules` says how they behave, and the kubelet's side makes pods ready and gives logs.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { connectCluster } from '../../../activities/runtimes/kubernetes/connect.ts';
import { parseKubeconfig } from '../../../activities/runtimes/kubernetes/kubeconfig.ts';
import { Agents } from './agents.ts';
import { answerAsAgent } from './answer.ts';
import { followCluster } from './follow-cluster.ts';
import { Kubelet } from './kubelet.ts';
import { podStatusWriter } from './pod-status.ts';
import type { Rule } from './script.ts';

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const access = parseKubeconfig(readFileSync(setting('FLEET_KUBECONFIG'), 'utf8'));
const cluster = connectCluster(access, 15_000);
const agents = new Agents();
const kubelet = new Kubelet(cluster, agents, podStatusWriter(access));
const { signal } = new AbortController();

const control = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'PUT') {
    agents.obey((await json(request)) as Rule[]);
    kubelet.settleAll();
  }
  const told = { rules: agents.rules, agents: agents.byId.size, readyPods: kubelet.readyPods };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told));
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const [, place, instanceId = '', ...rest] = (request.url ?? '').split('/');
  if (place === 'agents') await answerAsAgent(agents, instanceId, `/${rest.join('/')}`, request, response);
  else await control(request, response);
};

kubelet.serve(Number(setting('FLEET_KUBELET_PORT')), {
  cert: readFileSync(setting('FLEET_CERTIFICATE'), 'utf8'),
  key: readFileSync(setting('FLEET_KEY'), 'utf8'),
});
createServer({ keepAlive: true }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${request.url}: ${String(error)}\n`);
    response.destroy();
  });
}).listen(Number(setting('FLEET_PORT')), '127.0.0.1');
await Promise.all([followCluster(cluster, agents, signal), kubelet.follow(signal)]);
