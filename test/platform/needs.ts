import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface Needs {
  postgres: boolean;
  temporal: boolean;
  web: boolean;
  browser: boolean;
  /** A Kubernetes with a real node. */
  kubernetes: boolean;
  /** A real Kubernetes, whether or not pods run on it. */
  controlPlane: boolean;
  objectStorage: boolean;
  schemathesis: boolean;
  /** An engine of its own, as root. */
  docker: boolean;
  podman: boolean;
  /** A program of OpenClaw outside any container. */
  openClaw: boolean;
  openCode: boolean;
}

const variables: Record<keyof Needs, RegExp> = {
  postgres: /TEST_POSTGRES_URL/,
  temporal: /TEST_TEMPORAL_(ADDRESS|UI|PROGRAM)/,
  web: /TEST_WEB_ROOT/,
  browser: /TEST_CHROMIUM/,
  objectStorage: /TEST_S3_ENDPOINT/,
  schemathesis: /TEST_SCHEMATHESIS/,
  openClaw: /TEST_OPENCLAW_COMMAND/,
  docker: /TEST_DOCKER_SOCKET/,
  podman: /TEST_PODMAN_SOCKET/,
  openCode: /TEST_OPENCODE_COMMAND/,
  controlPlane: /TEST_CONTROL_PLANE_KUBECONFIG/,
  kubernetes: /TEST_(KUBECONFIG|PLATFORM_KUBECONFIG|CLUSTER_HOST|OPENCLAW_IMAGE)/,
};

const relativeImport = /\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g;

/** The texts of a file and of all that it imports of ours. */
function reachableTexts(file: string, texts: Map<string, string>): void {
  if (texts.has(file) || file === import.meta.filename || !existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  texts.set(file, text);
  for (const [, imported] of text.matchAll(relativeImport)) {
    reachableTexts(resolve(dirname(file), imported as string), texts);
  }
}

/** What test files need brought up: the servers whose variables they, or the modules that they import, name. */
export function needsOf(files: readonly string[]): Needs {
  const texts = new Map<string, string>();
  for (const file of files) reachableTexts(file, texts);
  const named = (need: keyof Needs) => [...texts.values()].some((text) => variables[need].test(text));
  return {
    postgres: named('postgres'),
    temporal: named('temporal'),
    web: named('web'),
    browser: named('browser'),
    kubernetes: named('kubernetes'),
    controlPlane: named('controlPlane'),
    objectStorage: named('objectStorage'),
    schemathesis: named('schemathesis'),
    openClaw: named('openClaw'),
    docker: named('docker'),
    podman: named('podman'),
    openCode: named('openCode'),
  };
}
