/** Where an OpenClaw process finds its things; the same in every runtime that gives it a file system of its own. */
export const gatewayPort = 18_789;
export const gatewayTokenVariable = 'OPENCLAW_GATEWAY_TOKEN';
export const configurationFile = 'openclaw.json';
export const configurationMount = '/etc/openclaw';
export const assetsMount = '/opt/open-cluster-claw';
/** Tells the process where that is: the configuration names it, and is the same wherever the process runs. */
export const assetsVariable = 'OPEN_CLUSTER_CLAW_ASSETS';
export const stateMount = '/home/node/.openclaw';
export const home = '/home/node';
export const scratchMount = '/tmp';
/** User `node` of the official image. */
export const user = { uid: 1_000, gid: 1_000 };
