import { engineHarness } from './engine-site.ts';
import { describeRuntime } from './suite.ts';

describeRuntime('podman', engineHarness('podman', 'TEST_PODMAN_SOCKET'));
