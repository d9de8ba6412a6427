import { writeFileSync } from 'node:fs';
import { inBase64, keyPair } from './certificates.ts';
import type { Layout } from './layout.ts';

/**
 * Writes a kubeconfig that signs in with a client certificate and refers to no other file.
 * @param certificate name of the client certificate
 * @returns its path
 */
export function writeKubeconfig(layout: Layout, certificate: string): string {
  const path = layout.path(`${certificate}.kubeconfig`);
  const user = keyPair(layout, certificate);
  // The user's name is this cluster's alone: clients are known to keep credentials by user name across clusters.
  const lines = `apiVersion: v1
kind: Config
clusters:
  - name: local-${layout.id}
    cluster:
      server: https://127.0.0.1:${layout.ports.apiServer}
      certificate-authority-data: ${inBase64(keyPair(layout, 'cluster-authority').certificate)}
users:
  - name: ${certificate}-${layout.id}
    user:
      client-certificate-data: ${inBase64(user.certificate)}
      client-key-data: ${inBase64(user.key)}
contexts:
  - name: local-${layout.id}
    context:
      cluster: local-${layout.id}
      user: ${certificate}-${layout.id}
current-context: local-${layout.id}
`;
  writeFileSync(path, lines, { mode: 0o600 });
  return path;
}
