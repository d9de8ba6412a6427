import { defineConfig } from 'vitest/config';

const web = {
  extends: './web/vite.config.ts',
  root: './web',
  test: {
    name: 'web',
    environment: 'jsdom',
    include: ['**/*.test.ts'],
    // axe looks through whole pages: seconds on a machine that does much else.
    testTimeout: 30_000,
    sequence: { groupOrder: 1 },
  },
};

/** Tests that start the real program of an agent beside them. */
const realAgents = ['test/conformance/adapters/*.test.ts', 'activities/adapters/openclaw/*.test.ts'];

// What each project's tests need is brought up by test/run.ts: `npm test`, or `npm test -- <file>`.
export default defineConfig({
  test: {
    // Most of them wait for servers; one worker less than cores, the default, would leave two cores idle.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{server,activities,workflows,migrations,deploy,test}/**/*.unit.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      web,
      {
        test: {
          name: 'integration',
          include: ['{server,activities,workflows,migrations,deploy,test}/**/*.test.ts'],
          exclude: ['**/*.unit.test.ts', 'test/{e2e,chaos}/**', ...realAgents, '**/node_modules/**'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // One after the other: each of these programs needs a core for itself and a gigabyte to start in time.
        test: {
          name: 'agents',
          include: realAgents,
          exclude: ['**/*.unit.test.ts', '**/node_modules/**'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
      {
        // One after the other: they share a node, and kill what they share.
        test: {
          name: 'e2e',
          include: ['test/{e2e,chaos}/**/*.test.ts'],
          exclude: ['**/*.unit.test.ts', '**/node_modules/**'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
