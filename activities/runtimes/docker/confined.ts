import type Docker from 'dockerode';

const processLimit = 1024;

/** Of every process that runs an agent's image. */
export const confined: Docker.HostConfig = {
  // Reaps what an agent's programs leave, and passes signals on: its own program may not be made for being the first.
  Init: true,
  ReadonlyRootfs: true,
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  PidsLimit: processLimit,
};

export const tmpfsOf = (scratch: readonly { mountPath: string; sizeBytes: number }[]): Record<string, string> =>
  Object.fromEntries(
    scratch.map(({ mountPath, sizeBytes }) => [mountPath, `rw,exec,nosuid,nodev,mode=1777,size=${sizeBytes}`]),
  );
