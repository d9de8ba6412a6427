/** Where an OpenCode process finds its things; the same in every runtime that gives it a file system of its own. */
export const port = 4_096;
export const gatewayTokenVariable = 'OPENCODE_SERVER_PASSWORD';
export const configurationFile = 'opencode.json';
export const configurationMount = '/etc/opencode';
export const assetsMount = '/opt/open-cluster-claw';
/** Tells the process where that is: the configuration names it, and is the same wherever the process runs. */
export const assetsVariable = 'OPEN_CLUSTER_CLAW_ASSETS';
export const stateMount = '/var/lib/opencode';
export const scratchMount = '/tmp';
export const user = { uid: 1_000, gid: 1_000 };

/** It keeps to the XDG folders and has no word for one folder of state; all four have to be writable, or it ends. */
export const foldersBelow = (mount: string): Record<string, string> => ({
  HOME: mount,
  XDG_DATA_HOME: `${mount}/data`,
  XDG_STATE_HOME: `${mount}/state`,
  XDG_CONFIG_HOME: `${mount}/config`,
  XDG_CACHE_HOME: `${mount}/cache`,
});

/** No call that nobody asked for: model catalogue, updates, language servers; and no file but ours configures it. */
export const quiet: Record<string, string> = {
  OPENCODE_CONFIG: `${configurationMount}/${configurationFile}`,
  OPENCODE_DISABLE_PROJECT_CONFIG: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  OPENCODE_DISABLE_SHARE: '1',
};
