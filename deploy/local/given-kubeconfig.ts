import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';

function inline(data: string | undefined, file: string | undefined, folder: string): string | undefined {
  return data ?? (file === undefined ? undefined : readFileSync(resolve(folder, file)).toString('base64'));
}

/**
 * One context of a kubeconfig, alone, with the files that it refers to put in: what the product accepts.
 * Credentials that come from a program (`exec`, an auth provider) are left for the product to refuse.
 * @returns the kubeconfig's text
 * @throws Error when there is no such context
 */
export function readContext({ kubeconfig, context }: { kubeconfig: string; context: string }): string {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    throw new Error(`${kubeconfig} has no context "${context}"; it has: ${known.join(', ') || 'none'}`);
  }
  config.setCurrentContext(context);
  const { cluster, user } = { cluster: config.getCurrentCluster(), user: config.getCurrentUser() };
  if (!cluster || !user)
    throw new Error(`Context "${context}" of ${kubeconfig} names no cluster or no user that exists there`);

  const folder = dirname(kubeconfig);
  const { caFile, caData, ...clusterRest } = cluster;
  const { certFile, certData, keyFile, keyData, ...userRest } = user;
  const alone = new KubeConfig();
  alone.loadFromClusterAndUser(
    { ...clusterRest, caData: inline(caData, caFile, folder) },
    { ...userRest, certData: inline(certData, certFile, folder), keyData: inline(keyData, keyFile, folder) },
  );
  return alone.exportConfig();
}
