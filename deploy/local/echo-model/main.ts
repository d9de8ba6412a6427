// The echo model as a process of its own: `node deploy/local/echo-model/main.ts PORT`, until it is told to end.
import { echo } from './echo.ts';
import { startModelServer } from './openai-server.ts';

const port = Number(process.argv[2]);
if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${process.argv[2]} is no TCP port`);
const model = await startModelServer({ host: '127.0.0.1', port, plan: echo });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void model.close());
