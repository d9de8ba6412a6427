export const allPhases = 'examples,coverage,fuzzing,stateful';

/** How much a run tries, of each operation. */
export interface Effort {
  seed: number;
  examples: number;
  /** Chains of requests, each of which goes on by links from what was answered before, and how long they can get. */
  scenarios: number;
  steps: number;
  /** `described`: the links of the document alone. `guessed`: also those that names and schemas suggest, thousands. */
  links: 'described' | 'guessed';
  phases: string;
}

const nounOf: Record<string, string> = {
  tenantId: 'tenants',
  projectId: 'projects',
  instanceId: 'instances',
  templateId: 'configs',
  clusterId: 'clusters',
  agentVersionId: 'agent-versions',
  operationId: 'operations',
};

/**
 * The settings of Schemathesis (TOML, whose strings are JSON's). What is random would rarely name a thing that exists, so
 * that it is told some.
 */
export function schemathesisSettings(ids: Readonly<Record<string, string>>, effort: Effort, peers: boolean): string {
  const dictionaries = Object.entries(ids).map(
    ([noun, id]) => `[dictionaries.${noun}]\nvalues = ${JSON.stringify([id])}`,
  );
  const constants = [
    `[dictionaries.generations]\nvalues = ${JSON.stringify(['"1"', '"2"'])}`,
    `[dictionaries.agent-kinds]\nvalues = ${JSON.stringify(['openclaw'])}`,
  ];
  const named = Object.entries(nounOf).flatMap(([name, noun]) =>
    [`query.${name}`, `body.${name}`].map((place) => `"${place}" = ${use(noun, 0.7)}`),
  );
  const byPath = Object.keys(ids).map((noun) =>
    [
      '[[operations]]',
      `include-path-regex = ${JSON.stringify(`^/api/v1/${noun}/\\{id\\}`)}`,
      `parameters = { "path.id" = ${use(noun, 0.7)} }`,
    ].join('\n'),
  );
  return [
    `seed = ${effort.seed}`,
    'continue-on-failure = true',
    'request-timeout = 20.0',
    '[auth.wfc]',
    'path = "people.json"',
    ...(peers ? ['peers = ["one", "other"]'] : []),
    '[cache]',
    'enabled = false',
    '[generation]',
    `max-examples = ${effort.examples}`,
    'database = "none"',
    // PostgreSQL cannot hold it in text: refused, and told in docs, but no JSON Schema can say so of every string.
    'allow-x00 = false',
    '[phases.stateful]',
    `max-steps = ${effort.steps}`,
    '[phases.stateful.inference]',
    `algorithms = ${JSON.stringify(effort.links === 'guessed' ? ['location-headers', 'dependency-analysis'] : [])}`,
    '[phases.stateful.generation]',
    `max-examples = ${effort.scenarios}`,
    '[checks.positive_data_acceptance]',
    // 412: the generation that was read is no longer the newest. 422 as hooks.py says.
    'expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]',
    '[checks.negative_data_rejection]',
    // 414, 431: what is too long for a parameter may be too long for the address, or for the head of a request.
    'expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "415", "422", "414", "428", "429", "431", "5xx"]',
    '[checks.missing_required_header]',
    // 428 is the status for a missing precondition (RFC 6585).
    'expected-statuses = ["400", "401", "403", "406", "415", "422", "428"]',
    '[parameters]',
    `"header.If-Match" = ${use('generations', 0.7)}`,
    ...['path.agentKind', 'body.agentKind'].map((place) => `"${place}" = ${use('agent-kinds', 0.9)}`),
    ...named,
    ...dictionaries,
    ...constants,
    ...byPath,
    '[[operations]]',
    'include-operation-id = "streamEvents"',
    // It never ends by itself.
    'request-timeout = 0.5',
    '',
  ].join('\n');
}

const use = (dictionary: string, probability: number): string =>
  `{ dictionary = ${JSON.stringify(dictionary)}, probability = ${probability} }`;

/** Names with their bearer tokens, as Web Fuzzing Commons writes people down. */
export const peopleFile = (people: readonly (readonly [name: string, authorization: string])[]): string =>
  JSON.stringify({
    auth: people.map(([name, value]) => ({ name, fixedHeaders: [{ name: 'Authorization', value }] })),
  });
