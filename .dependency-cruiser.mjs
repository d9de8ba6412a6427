/** The walls of docs/adr/0001: who may import whom. */
const adapterRules = '^activities/adapters/([^/]+\\.ts$|[^/]+/(rules|render|check)\\.ts$)';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'workflows-are-alone',
      comment: 'Workflow code is deterministic: itself, the workflow SDK and zod.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^workflows/', 'node_modules/(@temporalio/(workflow|common)|zod)/'] },
    },
    {
      name: 'api-without-runtimes',
      comment: 'The api stays light and never talks to a cluster or an agent; only observer and streams may.',
      severity: 'error',
      from: { path: '^server/', pathNot: ['^server/(observer|streams)/', '\\.test\\.ts$'] },
      to: {
        path: ['^activities/', 'node_modules/@kubernetes/'],
        pathNot: [
          adapterRules,
          '^activities/runtimes/runtime\\.ts$',
          '^activities/runtimes/kubernetes/kubeconfig\\.ts$',
        ],
      },
    },
    {
      name: 'workflows-only-by-contract',
      severity: 'error',
      from: { path: '^(server|activities)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^workflows/', pathNot: '^workflows/contracts/' },
    },
    {
      name: 'commands-without-web-or-runtime',
      comment: 'What activities share with the api knows neither HTTP nor a cluster.',
      severity: 'error',
      from: { path: '^server/([^/]+/commands|access|persistence|temporal)/|\\.(entity|policy)\\.ts$' },
      to: { path: 'node_modules/(koa|@koa|@kubernetes)/' },
    },
    {
      name: 'activities-know-little-of-the-server',
      severity: 'error',
      from: { path: '^activities/', pathNot: ['\\.test\\.ts$', '^activities/(main|bundle|release)\\.ts$'] },
      to: { path: ['^server/http/', '^server/[^/]+/[^/]+\\.routes\\.ts$', 'node_modules/(koa|@koa)/'] },
    },
    {
      name: 'kubernetes-client-in-its-driver',
      comment: 'A second of start and 87 MB: it is loaded by the driver alone.',
      severity: 'error',
      from: {
        path: '^(server|activities|workflows|web)/',
        pathNot: ['^activities/runtimes/kubernetes/', '\\.test\\.ts$'],
      },
      to: { path: 'node_modules/@kubernetes/' },
    },
    {
      name: 'web-is-alone',
      severity: 'error',
      from: { path: '^web/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server|activities|workflows|migrations|deploy|test)/' },
    },
    {
      name: 'product-without-its-tests',
      severity: 'error',
      from: { path: '^(server|activities|workflows|migrations|web/src)/', pathNot: ['\\.test\\.ts$', '/testing/'] },
      to: { path: '^test/|/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist)/.*\\.d\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
