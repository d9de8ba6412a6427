import fc from 'fast-check';
import { UnifiedConfiguration } from '../../configuration.ts';

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
const reference = fc.record({ secret: name });

const provider = fc.record(
  {
    name,
    baseUrl: fc.constantFrom('https://api.example.com/v1', 'http://10.1.2.3:8000/v1', 'http://models.internal/v1'),
    api: fc.constantFrom('openai-completions', 'anthropic-messages'),
    apiKey: reference,
    models: fc.array(fc.record({ id: fc.string({ minLength: 1, maxLength: 20 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
  },
  { requiredKeys: ['name', 'baseUrl', 'api', 'models'] },
);

/** Native parts that go for the platform's keys more often than chance would. */
const key = fc.oneof(
  fc.constantFrom('gateway', 'auth', 'port', 'plugins', 'entries', 'admin-http-rpc', 'enabled', 'update', 'logging'),
  fc.constantFrom('consoleStyle', 'discovery', 'telemetry', 'models', 'allow', 'deny', 'a/b~c', 'tools', 'nodes'),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const { tree } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 12 }),
    fc.constant(null),
    fc.constant(['admin-http-rpc']),
  ),
  tree: fc.dictionary(key, fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('tree')), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
}));

/** Any configuration that the schema takes, whether our rules do or not. */
export const arbitraryConfiguration = fc
  .record({
    providers: fc.uniqueArray(provider, { maxLength: 3, selector: (one) => one.name }),
    logging: fc.record({ level: fc.constantFrom('error', 'warn', 'info', 'debug') }),
    environment: fc.dictionary(
      fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/),
      fc.oneof(fc.string({ maxLength: 20 }), reference),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
    native: tree,
  })
  .map((input) => UnifiedConfiguration.parse(input));
