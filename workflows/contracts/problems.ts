/**
 * The closed catalogue of what can go wrong: code -> HTTP status and a sentence that says what to do.
 * Routes answer with it (RFC 9457), activities fail with it (`ApplicationFailure.type`), the portal translates it.
 */
export const problems = {
  // requests
  'request.invalid': [422, 'The request does not match what this endpoint takes. Correct the fields named in errors.'],
  'request.unfit': [
    422,
    'The request is as described, but cannot be for what it names. Correct the fields named in errors.',
  ],
  'request.malformed': [400, 'The body is not valid JSON. Send a JSON document with Content-Type application/json.'],
  'request.unreadable': [400, 'This is no HTTP request that can be read. Check its first line and its headers.'],
  'request.too-large': [413, 'The body is larger than this endpoint takes. Send less in one request.'],
  'request.head-too-large': [431, 'Address and headers together are more than is taken. Send less in them.'],
  'request.timed-out': [408, 'The request did not come in time. Send it again, all of it at once.'],
  'request.unsupported-media-type': [415, 'Send the body with Content-Type application/json.'],
  'request.not-found': [404, 'There is nothing at this address. Check the path and the id.'],
  'request.method-not-allowed': [405, 'This address does not take this method. See the Allow header.'],
  'request.precondition-required': [428, 'Send If-Match with the ETag of the version that you are changing.'],
  'request.stale': [412, 'The object has changed since you read it. Read it again and repeat your change.'],
  'request.idempotency-mismatch': [422, 'This Idempotency-Key was used for another request. Use a new key.'],
  'request.answer-not-kept': [
    409,
    'This request was carried out already; its answer held a secret and was not kept. Read the object instead.',
  ],
  'request.cursor-invalid': [422, 'The cursor does not belong to this list and filter. Start again without a cursor.'],
  'request.address-too-long': [414, 'The address is longer than this server takes. Use fewer filters.'],
  'request.too-many-headers': [431, 'The request has more headers than this server takes. Send fewer.'],
  'request.rate-limited': [429, 'Too many requests. Wait as long as Retry-After says and try again.'],
  'request.too-many-streams': [429, 'Too many streams are open at once. Close one and try again.'],
  'request.cross-site': [403, 'The request came from another site. Open the portal itself and try again.'],
  'server.unavailable': [503, 'A part of the platform does not answer. Nothing was changed; try again in a moment.'],
  'server.busy': [503, 'This server has as many streams open as it can serve. Try again in a moment.'],
  'server.error': [
    500,
    'Something failed on our side. Nothing was changed; report the request id if it happens again.',
  ],
  // access
  'access.unauthenticated': [401, 'Sign in first, or send a valid bearer token.'],
  'access.denied': [
    403,
    'Your roles do not allow this. Ask an administrator of the tenant for the right named in detail.',
  ],
  'access.credentials-wrong': [401, 'Name or password is wrong.'],
  'access.too-many-attempts': [429, 'Too many attempts have failed. Wait as long as Retry-After says and try again.'],
  'access.token-invalid': [401, 'The token is not valid any more. Sign in again.'],
  'member.unknown': [404, 'There is no such member. Check the id.'],
  'member.exists': [409, 'This person holds the role here already.'],
  'member.last-administrator': [
    409,
    'This is the last administrator of the tenant. Make somebody else an administrator first.',
  ],
  'invitation.unknown': [404, 'There is no such invitation. It may have been accepted or withdrawn.'],
  'invitation.invalid': [404, 'This invitation cannot be accepted any more. Ask for a new one.'],
  'role.unknown': [404, 'There is no such role. Check the id.'],
  'role.name-taken': [409, 'A role of this name exists in the tenant, or one that looks like it. Choose another name.'],
  'role.in-use': [409, 'Somebody holds this role. Give those people another one first.'],
  'role.too-many': [409, 'The tenant has as many roles of its own as it can have. Remove one first.'],
  // tenants, projects
  'tenant.unknown': [404, 'There is no such tenant. Check the id.'],
  'tenant.name-taken': [409, 'A tenant of this name exists. Choose another name.'],
  'tenant.not-empty': [409, 'The tenant still has instances. Delete and purge them first.'],
  'tenant.busy': [409, 'Another operation is changing this tenant. Wait for it to end.'],
  'project.unknown': [404, 'There is no such project. Check the id.'],
  'project.name-taken': [409, 'A project of this name exists in the tenant. Choose another name.'],
  'project.not-empty': [409, 'The project still has instances or kept volumes. Delete and purge them first.'],
  // quota
  'quota.exceeded': [409, 'The tenant does not have this much left. Free resources or ask for a larger quota.'],
  'quota.below-use': [409, 'More than that is in use already. Free resources first or choose a larger limit.'],
  // secrets
  'secret.unknown': [404, 'There is no such secret. Check the id or create it.'],
  'secret.name-taken': [409, 'A secret of this name exists here. Give it a new value or choose another name.'],
  'secret.in-use': [409, 'Instances refer to this secret. Change their configuration first.'],
  'secret.reference-unknown': [
    422,
    'The configuration refers to a secret that does not exist. Create it or correct the name.',
  ],
  // agents
  'agent.version-unknown': [404, 'There is no such agent version. See GET /agent-versions.'],
  'agent.version-exists': [409, 'This version of the agent is entered already.'],
  'agent.version-in-use': [409, 'Revisions refer to this image. Enter a version of its own for another one.'],
  'agent.version-withdrawn': [409, 'This agent version is withdrawn. Choose an allowed one.'],
  'agent.version-unfit': [
    409,
    'This version has nothing that the cluster can run. Enter its image or its package, or choose another cluster.',
  ],
  'agent.kind-unknown': [422, 'There is no adapter for this kind of agent. See GET /agent-kinds.'],
  'agent.configuration-refused': [422, 'The agent refuses this configuration. Correct the values named in errors.'],
  'agent.configuration-owned': [422, 'The platform owns this key. Remove it from the native part.'],
  'agent.configuration-not-live': [
    504,
    'The agent did not take the configuration up in time. See the last error and try again.',
  ],
  'agent.misconfigured': [
    409,
    'The agent ended itself because it cannot run with this configuration. Change it and try again.',
  ],
  // Word for word as in recorded histories; a package is told of in the detail.
  'agent.image-unavailable': [409, 'The image could not be pulled. Check its name and that the cluster may pull it.'],
  'agent.crashed': [409, 'The agent keeps ending. See its last log line in detail.'],
  'agent.not-ready': [504, 'The agent did not become ready in time. See its last state in detail.'],
  'agent.unauthorized': [409, 'The agent refused the platform’s token. Restart the instance to set it again.'],
  'agent.unreachable': [503, 'The agent does not answer. The step will be tried again.'],
  // clusters
  'cluster.unknown': [404, 'There is no such cluster. Check the id, or choose one of GET /clusters.'],
  'cluster.name-taken': [409, 'A cluster of this name exists. Choose another name.'],
  'cluster.not-ready': [409, 'The cluster is still in preparation. Wait until it is ready or choose another.'],
  'cluster.unavailable': [503, 'The cluster does not answer. The operation waits and goes on when it is back.'],
  'cluster.kubeconfig-refused': [
    422,
    'The kubeconfig must hold its certificates or token inline, without exec, auth provider or file paths.',
  ],
  'cluster.key-refused': [
    422,
    'The private key must be one in PEM or OpenSSH format without a passphrase. Make one for the platform alone.',
  ],
  'cluster.in-use': [409, 'Instances live on this cluster. Delete or move them first.'],
  'cluster.not-for-tenant': [
    409,
    'This cluster is not for instances of this tenant. Choose another one, or ask an administrator of the platform.',
  ],
  'cluster.cordoned': [409, 'The cluster takes no new instances for now. Choose another one, or uncordon it.'],
  'cluster.full': [409, 'The cluster has no room for this instance. Choose another one, or ask for less.'],
  'cluster.none-fits': [
    409,
    'No cluster can take this instance. See in errors why not, then ask for something else or for another cluster.',
  ],
  'cluster.denied': [409, 'The cluster refuses the platform’s identity. Give it the rights of the platform’s role.'],
  'cluster.refused': [409, 'The cluster refused the object. See its message in detail.'],
  'cluster.quota-exceeded': [
    409,
    'The quota of the tenant’s namespace is used up. Free resources or enlarge the quota.',
  ],
  'file.unknown': [404, 'There is no such file. See the folder that it should be in.'],
  'file.path-refused': [
    422,
    'Only plain files and folders of the agent’s own state can be named. Give a path below it, without links that lead out.',
  ],
  'runtime.unsupported': [501, 'This kind of cluster cannot do that.'],
  // instances
  'instance.unknown': [404, 'There is no such instance. Check the id.'],
  'instance.name-taken': [409, 'An instance of this name exists in the project. Choose another name.'],
  'instance.busy': [409, 'Another operation is changing this instance. Wait for it, cancel it, or kill the instance.'],
  'instance.state-conflict': [409, 'The instance is not in a state that allows this. See detail.'],
  'instance.deleted': [409, 'The instance is deleted.'],
  'instance.purge-unconfirmed': [422, 'A purge destroys the volume. Repeat the instance’s name in confirm.'],
  'instance.storage-shrinks': [422, 'A volume only grows. Ask for at least its present size.'],
  'instance.revision-unknown': [404, 'The instance has no such revision. See its revisions.'],
  'instance.rolled-back-often': [
    409,
    'The instance was rolled back three times and is left alone. Update it by hand to release it.',
  ],
  // configuration templates
  'config.unknown': [404, 'There is no such configuration template. Check the id.'],
  'config.name-taken': [409, 'A template of this name exists here. Choose another name.'],
  'config.version-unknown': [404, 'The template has no such version. See its versions.'],
  'config.version-retired': [409, 'This version is retired. Choose a published one.'],
  'config.not-published': [409, 'The template has no published version. Publish one first.'],
  'config.in-use': [409, 'Instances are bound to this template. Bind them to another one first.'],
  'config.retired': [409, 'The template is retired. Choose another one.'],
  'config.kind-mismatch': [422, 'The template is for another kind of agent.'],
  'config.variables-invalid': [422, 'The variables do not match the template’s schema. Correct those named in errors.'],
  'config.schema-invalid': [422, 'The variables’ JSON Schema cannot be used. Correct what is named in errors.'],
  'config.value-locked': [422, 'A higher layer locks this value. Remove it, or ask who owns that layer.'],
  // rollouts
  'rollout.unknown': [404, 'There is no such rollout. Check the id.'],
  'rollout.no-targets': [422, 'The selection matches no instance. Widen it.'],
  'rollout.too-many-targets': [422, 'The selection matches more instances than one rollout takes. Narrow it.'],
  'rollout.waves-invalid': [422, 'The waves do not cover the selection. Correct what is named in errors.'],
  'rollout.conflict': [409, 'Another rollout has some of these instances. Wait for it, or ask to wait in line.'],
  'rollout.ended': [409, 'The rollout has ended already.'],
  'rollout.state-conflict': [409, 'The rollout is not in a state that allows this. See detail.'],
  'rollout.analysis-failed': [409, 'The wave’s analysis did not pass. Promote with force and a reason, or roll back.'],
  'rollout.check-failed': [422, 'The agent refuses a configuration of this rollout. Nothing was touched; see errors.'],
  'rollout.wave-failed': [409, 'A wave was worse than its analysis allows. What it had updated was taken back.'],
  'rollout.superseded-revision': [409, 'The instance has moved to another revision since the rollout was made.'],
  'rollout.lost': [500, 'The run of this rollout was ended from outside. Retry it.'],
  // copies of state
  'backup.unknown': [404, 'There is no such backup. Check the id.'],
  'backup.failed': [409, 'The state could not be copied and verified; nothing was changed. See detail.'],
  'backup.state-diverged': [
    409,
    'The instance has done new work since the copy. Rolling back loses it: confirm, or keep the new version.',
  ],
  'storage.unavailable': [503, 'The object storage does not answer. The step waits and goes on when it is back.'],
  'storage.full': [507, 'The object storage has no space left. Free some; nothing was changed.'],
  'storage.refused': [409, 'The object storage refuses the platform. Check its credentials and bucket.'],
  'agent.busy': [409, 'The agent did not come to rest in time. Try again when its work is done.'],
  'agent.probe-failed': [409, 'The agent is up but failed the probe that follows an upgrade. See detail.'],
  'audit.key-missing': [409, 'The audit cannot be signed. Give the workers a key in AUDIT_KEY_FILE.'],
  'audit.export-too-large': [422, 'That is more than one export takes. Narrow it by from and to, or by other filters.'],
  'maintenance.unknown': [404, 'There is no such maintenance schedule.'],
  // operations
  'operation.unknown': [404, 'There is no such operation. Check the id.'],
  'operation.ended': [409, 'The operation has ended already.'],
  'operation.not-cancellable': [409, 'This kind of operation only goes forward. Wait for it to end.'],
  'operation.not-retryable': [409, 'Only a failed or cancelled operation can be tried again.'],
  'operation.superseded': [409, 'A newer operation has taken over.'],
  'operation.lost': [500, 'The run of this operation was ended from outside. Retry it, or sync the instance.'],
  'operation.cancelled': [409, 'The operation was cancelled.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type ProblemCode = keyof typeof problems;

export const isProblemCode = (code: unknown): code is ProblemCode =>
  typeof code === 'string' && Object.hasOwn(problems, code);

/** A fault at one place of a document. `pointer` is an RFC 6901 JSON pointer into what the caller sent. */
export interface Fault {
  pointer: string;
  detail: string;
}
