import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../server/http/openapi.ts';
import { allRoutes, type RouteDeps } from '../../server/routes.ts';
import { ask, type Seen } from './ask.ts';
import { buildRequest } from './build-request.ts';
import { operationsOf, type ApiDocument, type Operation } from './document.ts';
import { isShared, type Kind } from './kinds.ts';
import { allReferencesOf, nameOf, referencesOf, type Reference } from './references.ts';
import { buildWorld, fingerprint, marksOf, type World } from './world.ts';

/** From the same declarations that the api serves its document from, which is compared below. */
const operations = operationsOf(openApiDocument(allRoutes({} as RouteDeps), 'test') as unknown as ApiDocument);
const named = (some: readonly Operation[]) => some.map((operation) => [operation.id, operation] as const);

let world: World;
let before: Record<string, unknown>;
let theirMarks: ReadonlySet<string>;
beforeAll(async () => {
  world = await buildWorld();
  before = await fingerprint(world, world.theirs);
  theirMarks = await marksOf(world, world.theirs);
});
afterAll(() => world?.close());

const requestOf = (operation: Operation, instead?: { at: Reference; id: string }) =>
  buildRequest(operation, { ids: (kind) => world.idIn(world.ours, kind), ...(instead && { instead }) });

/**
 * Places that are compared with the caller's own assignments and looked up nowhere, so that an id of his own tenant says
 * no more than any other.
 */
const lookedUpNowhere = new Set(['listRoles query /projectId', 'getMyPermissions query /projectId']);

/** They answer with what the caller may do there: nothing. */
const answersNothing = new Set(['getMyPermissions']);

const nameIn = (operation: Operation, reference: Reference): string => `${operation.id} ${nameOf(reference)}`;

const codeOf = ({ body }: Seen): unknown => (body.startsWith('{') ? JSON.parse(body).code : undefined);

describe('the document', () => {
  it('that is served is the one that these tests are made from', () => {
    expect(world.operations.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
  });
});

describe('whoever has no session', () => {
  const guarded = operations.filter(({ permission }) => permission !== 'public');
  it.each(named(guarded))('is refused: %s', async (_id, operation) => {
    for (const [who, person] of Object.entries(world.withoutSession)) {
      const seen = await ask(person, requestOf(operation));
      const isBearer = 'Authorization' in person.headers;
      expect({ who, status: seen.status, code: codeOf(seen), challenge: seen.headers['www-authenticate'] }).toEqual({
        who,
        status: 401,
        code: isBearer ? 'access.token-invalid' : 'access.unauthenticated',
        challenge: 'Bearer',
      });
    }
  });
});

describe('whoever has a weaker role in the same tenant', () => {
  const granted = operations.filter(({ permission }) => permission.includes(':'));
  it.each(named(granted))('is refused, or finds nothing: %s', async (_id, operation) => {
    for (const [who, person] of Object.entries(world.weaker)) {
      const { tenant } = world.ours.ids;
      const { permissions } = (await person.get(`/me/permissions?tenantId=${tenant}`)).body;
      const onPlatform = (await person.get('/me/permissions')).body.permissions;
      if ([...permissions, ...onPlatform].includes(operation.permission)) continue;
      const seen = await ask(person, requestOf(operation));
      expect({ who, found: foundIn(seen) }).toEqual({
        who,
        found: isFiltered(operation) ? 'nothing' : 'access.denied',
      });
    }
  });
});

describe('whoever has his role in another project of the same tenant', () => {
  const granted = operations.filter(({ permission }) => permission.includes(':'));
  it.each(named(granted))('gets nothing of this one: %s', async (_id, operation) => {
    const seen = await askFor('elsewhere', operation);
    const { project, instance, secret, operation: booked, rollout } = world.ours.ids;
    const told =
      seen.status < 300 ? [project, instance, secret, booked, rollout].filter((id) => seen.body.includes(id)) : [];
    expect(told).toEqual([]);
    if (operation.method !== 'GET' && !readsOnly.has(operation.id)) expect(foundIn(seen)).toBe('access.denied');
  });
});

describe('whoever has an id of another tenant', () => {
  const all = operations.flatMap((operation) =>
    referencesOf(operation).map((reference) => [nameIn(operation, reference), operation, reference] as const),
  );

  it.each(all)('is answered as if there were no such thing: %s', async (name, operation, reference) => {
    const foreign = await askWith(operation, reference, world.idIn(world.theirs, reference.kind));
    const absent = await askWith(operation, reference, absentLike(reference));
    expect(foreign).toEqual(absent);
    for (const mark of theirMarks) expect(foreign.seen.body).not.toContain(mark);
    expect(foundIn(foreign.seen)).toEqual(refusalOf(name, operation, reference));
  });

  it.each(all.filter(([, operation, reference]) => isMixed(operation, reference)))(
    'cannot put it together with one of ours, though he administers both tenants: %s',
    async (name, operation, reference) => {
      const seen = await ask(
        world.ofBoth,
        requestOf(operation, { at: reference, id: world.idIn(world.theirs, reference.kind) }),
      );
      if (lookedUpNowhere.has(name)) expect(seen.status).toBe(200);
      else if (reference.kind === 'secretName') expect(seen.body).toContain('secret.reference-unknown');
      else expect(foundIn(seen)).toMatch(/^nothing$|\.(unknown|not-found)$/);
    },
  );

  it.each(all)('would be answered otherwise for one of his own: %s', async (name, operation, reference) => {
    const foreign = await askWith(operation, reference, world.idIn(world.theirs, reference.kind));
    const own = await askWith(operation, reference, world.idIn(world.ours, reference.kind));
    if (lookedUpNowhere.has(name)) expect(own.seen).toEqual(foreign.seen);
    else expect(own.seen).not.toEqual(foreign.seen);
  });

  it('has changed nothing there', async () => {
    expect(await fingerprint(world, world.theirs)).toEqual(before);
  });
});

describe('whoever has the id of a cluster that is another tenant’s alone', () => {
  const all = operations.flatMap((operation) =>
    allReferencesOf(operation)
      .filter(({ kind }) => kind === 'cluster')
      .map((reference) => [nameIn(operation, reference), operation, reference] as const),
  );

  it.each(all)('is answered as if there were no such thing: %s', async (_name, operation, reference) => {
    const foreign = await askWith(operation, reference, world.theirs.ids.ownCluster);
    const absent = await askWith(operation, reference, randomUUID());
    expect(foreign).toEqual(absent);
    for (const mark of theirMarks) expect(foreign.seen.body).not.toContain(mark);
  });
});

/** Whether a request names something of a tenant besides what stands at that place. */
function isMixed(operation: Operation, at: Reference): boolean {
  const ids = (kind: Kind): string => (isShared(kind) ? 'shared' : 'ours');
  return JSON.stringify(buildRequest(operation, { ids, instead: { at, id: 'theirs' } })).includes('ours');
}

/** What becomes of a request that names what is not there, or not for this caller. */
function refusalOf(name: string, operation: Operation, { in: place, kind }: Reference): unknown {
  if (lookedUpNowhere.has(name) || answersNothing.has(operation.id)) return expect.stringMatching(/^200 /);
  if (place === 'query' && operation.answers !== 'object' && !ofOnePlace.has(operation.id)) return 'nothing';
  if (kind === 'secretName')
    return operation.id === 'validateConfig' ? expect.stringMatching(/^200 /) : 'secret.reference-unknown';
  return expect.stringMatching(/\.(unknown|not-found|version-unknown)$/);
}

/** Asks with another id at that place, and sees the answer and what the database was asked for it. */
async function askWith(operation: Operation, at: Reference, id: string): Promise<{ seen: Seen; statements: string[] }> {
  const request = requestOf(operation, { at, id });
  // Whoever has a right to it would remove it, and the next test needs it.
  if (operation.method === 'DELETE' && request.headers['If-Match']) request.headers['If-Match'] = '"999"';
  world.statements.take();
  const seen = await askFor('administrator', operation, request);
  const statements = world.statements.take();
  const body = seen.body
    .replaceAll(id, '<id>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
  // A stream reads as often as something happens.
  return {
    seen: { ...seen, body },
    statements: operation.answers === 'stream' ? [...new Set(statements)] : statements,
  };
}

/** As that person; a stream as somebody like him, whose session can be ended. */
async function askFor(
  who: 'administrator' | 'elsewhere',
  operation: Operation,
  request = requestOf(operation),
): Promise<Seen> {
  if (operation.answers !== 'stream') return ask(world[who], request);
  const { person: follower, end } = await world.follower(world.held[who]);
  world.statements.take();
  return ask(follower, request, { begun: happenSomething, end });
}

/** In both tenants, while a stream is being followed. */
async function happenSomething(): Promise<void> {
  for (const { ids } of [world.theirs, world.ours]) {
    await world.owner.query(
      `insert into events (id, tenant_id, project_id, instance_id, type) values ($1, $2, $3, $4, 'isolation.tried')`,
      [randomUUID(), ids.tenant, ids.project, ids.instance],
    );
  }
}

const absentLike = ({ kind }: Reference): string => (kind === 'secretName' ? `secret-${randomUUID()}` : randomUUID());

/** Lists that ask for a right in the place that they are of; the others leave out what the caller may not read. */
const ofOnePlace = new Set(['listRoles', 'listMaintenanceSchedules']);

/** Of what is the whole tenant's, the members of its projects may read as well. */
const readsOnly = new Set(['validateConfig']);

const isFiltered = ({ id, path, answers }: Operation): boolean =>
  answers !== 'object' && !path.includes('{') && !ofOnePlace.has(id);

/** What an answer comes to: the code of a refusal, `nothing` for a filtered one without anything, or all of it. */
function foundIn(seen: Seen): string {
  const { status, headers, body } = seen;
  if (status >= 400) return String(codeOf(seen));
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const isEmpty = {
    'application/json': () => /^\{"items":\[\],"next":null,"total":0[,}]/.test(body),
    'application/jsonl': () => body === '',
    'text/event-stream': () => !body.includes('data: '),
  }[type];
  return isEmpty?.() ? 'nothing' : `${status} ${body}`;
}
