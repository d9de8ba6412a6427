import createClient from 'openapi-fetch';
import { ProblemError, problemOf } from './problem.ts';
import type { paths } from './schema.d.ts';

export const api = createClient<paths>({ baseUrl: window.location.origin });

type Ended = () => void;
let onSessionEnded: Ended = () => undefined;

/** The router tells what happens when the server no longer knows this session. */
export function whenSessionEnds(handler: Ended): void {
  onSessionEnded = handler;
}

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

export interface Answer<Data> {
  data: Data;
  response: Response;
}

/** @throws ProblemError for every answer that is not one of success, and when there is no answer */
export async function answer<Data>(request: Promise<Outcome<Data>>): Promise<Answer<Data>> {
  let outcome: Outcome<Data>;
  try {
    outcome = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw ProblemError.unreachable(error);
  }
  const { data, response } = outcome;
  if (response.ok) return { data: data as Data, response };
  const problem = problemOf(outcome.error, response);
  if (problem.status === 401 && problem.code !== 'access.credentials-wrong') onSessionEnded();
  throw problem;
}

export const read = async <Data>(request: Promise<Outcome<Data>>): Promise<Data> => (await answer(request)).data;
