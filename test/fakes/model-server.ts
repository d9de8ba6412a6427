import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startModelServer, type ModelServer } from '../../deploy/local/echo-model/openai-server.ts';
import { planAnswer } from './model-answer.ts';

export type FakeModel = ModelServer;

/** An OpenAI-compatible model that answers at once and says what `model-answer.ts` lets it say. */
export const startFakeModel = (place: { host: string; port?: number }): Promise<FakeModel> =>
  startModelServer({ ...place, plan: planAnswer });

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
    },
  });
  const model = await startFakeModel({ host: values.host, port: Number(values.port) });
  process.stdout.write(`${model.url}\n`);
}
