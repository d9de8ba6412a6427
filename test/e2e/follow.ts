import { waitUntil } from '../../deploy/local/wait-until.ts';
import type { InstanceAnswer } from '../../server/instances/instance.schema.ts';
import type { OperationAnswer } from '../../server/operations/operation.schema.ts';
import { isActive } from '../../workflows/contracts/phases.ts';
import type { ApiAnswer, ApiClient } from '../factories/api-client.ts';

/** Where an operation's id comes from: the api's answer to whatever asked for it. */
export type Accepted = Pick<ApiAnswer, 'status' | 'body'>;

/** An OpenClaw that starts beside other work on two cores has been seen to need four minutes. */
const patience = { timeoutMs: 480_000, everyMs: 300 };

async function read(api: ApiClient, path: string): Promise<ApiAnswer['body']> {
  const { status, body } = await api.get(path);
  if (status !== 200) throw new Error(`GET ${path} answers ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** Reads again until what is there is as wanted; what was there last is in the message when it never is. */
async function until<Answer>(api: ApiClient, path: string, isAsWanted: (answer: Answer) => boolean): Promise<Answer> {
  return waitUntil(async () => {
    const answer = (await read(api, path)) as Answer;
    if (!isAsWanted(answer)) throw new Error(`GET ${path} still answers ${JSON.stringify(answer)}`);
    return answer;
  }, patience);
}

/** The operation that a request was answered with, as soon as it is as wanted. */
export async function operationUntil(
  api: ApiClient,
  accepted: Accepted | Promise<Accepted>,
  isAsWanted: (operation: OperationAnswer) => boolean,
): Promise<OperationAnswer> {
  const { status, body } = await accepted;
  if (status !== 202) throw new Error(`No operation was accepted: ${status} ${JSON.stringify(body)}`);
  return until<OperationAnswer>(api, `/operations/${body.id}`, isAsWanted);
}

/** The operation that a request was answered with, at its end. */
export const ended = (api: ApiClient, accepted: Accepted | Promise<Accepted>): Promise<OperationAnswer> =>
  operationUntil(api, accepted, ({ phase }) => !isActive(phase));

/** The operation that a request was answered with, at its good end; another end fails the test with all that is known of it. */
export async function succeeded(api: ApiClient, accepted: Accepted | Promise<Accepted>): Promise<OperationAnswer> {
  const operation = await ended(api, accepted);
  if (operation.phase !== 'Succeeded') throw new Error(`Not carried out: ${JSON.stringify(operation)}`);
  return operation;
}

export async function instanceOf(api: ApiClient, id: string): Promise<{ instance: InstanceAnswer; etag: string }> {
  const { status, body, headers } = await api.get(`/instances/${id}`);
  if (status !== 200) throw new Error(`instance ${id} answers ${status}: ${JSON.stringify(body)}`);
  return { instance: body, etag: headers.get('etag') ?? '' };
}

export const instanceUntil = (
  api: ApiClient,
  id: string,
  isAsWanted: (instance: InstanceAnswer) => boolean,
): Promise<InstanceAnswer> => until<InstanceAnswer>(api, `/instances/${id}`, isAsWanted);

/** Steps as a person reads them: `name state`, in their order. */
export const stepsOf = ({ steps }: OperationAnswer): string[] => steps.map(({ name, state }) => `${name} ${state}`);
