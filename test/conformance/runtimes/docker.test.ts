import { engineHarness } from './engine-site.ts';
import { describeRuntime } from './suite.ts';

describeRuntime('docker', engineHarness('docker', 'TEST_DOCKER_SOCKET'));
