/** Who may import whom: docs/architecture.md in the form of rules. Tests may import anything. */
const notTests = { pathNot: '[.]test[.]ts$' }
const vendors = {
  clerk: ['@clerk/', 'svix'],
  r2: ['@aws-sdk/', '@smithy/'],
  recordings: ['fit-file-parser', 'fast-xml-parser', '@turf/', 'piscina'],
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: notTests, to: { circular: true } },
    {
      name: 'foundations-know-no-domain',
      comment: 'platform, config and graphql are below everything that has business words.',
      severity: 'error',
      from: { path: '^src/(platform|config|graphql)/', ...notTests },
      to: { path: '^src/(domains|adapters|app|cli|dev|testing)/' },
    },
    {
      name: 'platform-knows-no-graphql',
      severity: 'error',
      from: { path: '^src/(platform|config)/', ...notTests },
      to: { path: '^src/graphql/' },
    },
    {
      name: 'domains-meet-at-the-door',
      comment: "A domain reaches another through that one's index.ts only.",
      severity: 'error',
      from: { path: '^src/domains/([^/]+)/', ...notTests },
      to: { path: '^src/domains/', pathNot: '^src/domains/($1/|[^/]+/index[.]ts$)' },
    },
    {
      name: 'domains-import-downwards',
      comment:
        'users < credits < usage < billing < uploads < activities < privacy. What a lower one must tell goes by handlers.',
      severity: 'error',
      from: { path: '^src/domains/users/', ...notTests },
      to: { path: '^src/domains/(?!users/)' },
    },
    {
      name: 'credits-know-users-only',
      severity: 'error',
      from: { path: '^src/domains/credits/', ...notTests },
      to: { path: '^src/domains/(?!users/|credits/)' },
    },
    {
      name: 'usage-knows-users-and-credits-only',
      severity: 'error',
      from: { path: '^src/domains/usage/', ...notTests },
      to: { path: '^src/domains/(?!users/|credits/|usage/)' },
    },
    {
      name: 'billing-is-below-what-people-make',
      severity: 'error',
      from: { path: '^src/domains/billing/', ...notTests },
      to: { path: '^src/domains/(?!users/|credits/|usage/|billing/)' },
    },
    {
      name: 'purchases-decide-by-events-alone',
      comment: 'What folds events reads no database, so the same events come to the same in any order.',
      severity: 'error',
      from: {
        path: '^src/domains/billing/(event-order|period|owners|fold-subscription|paid-months|wanted-grants)[.]ts$',
      },
      to: { path: '^src/platform/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'money-moves-through-its-commands',
      comment: 'What a command of the ledger is made of stays behind its door.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/domains/credits/', '[.]test[.]ts$'] },
      to: {
        path: '^src/domains/credits/(post|grant|spend|hold|capture|release|refund|reinstate|revoke|expire|sweep-holds|balance)[.]ts$',
      },
    },
    {
      name: 'uploads-are-below-activities',
      severity: 'error',
      from: { path: '^src/domains/uploads/', ...notTests },
      to: { path: '^src/domains/(?!users/|credits/|usage/|billing/|uploads/)' },
    },
    {
      name: 'privacy-is-above-all',
      comment: 'What a domain holds of people it says in its personal-data.ts; app/personal-data.ts gathers that.',
      severity: 'error',
      from: { path: '^src/domains/(?!privacy/)', ...notTests },
      to: { path: '^src/domains/privacy/' },
    },
    {
      name: 'domains-know-no-vendor-and-no-app',
      severity: 'error',
      from: { path: '^src/domains/', ...notTests },
      to: { path: '^src/(adapters|app|cli|dev|testing)/' },
    },
    {
      name: 'commands-know-no-edge',
      comment: 'Only graphql.ts, worker.ts and webhook.ts translate; what decides imports none of them, nor GraphQL.',
      severity: 'error',
      from: { path: '^src/domains/', pathNot: ['/(graphql|worker|webhook)[.]ts$', '/graphql/', '[.]test[.]ts$'] },
      to: {
        path: [
          '/(graphql|worker|webhook)[.]ts$',
          '^src/domains/[^/]+/graphql/',
          '^src/graphql/',
          'node_modules/(graphql|@pothos)/',
        ],
      },
    },
    {
      name: 'adapters-see-ports-only',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', ...notTests },
      to: {
        path: '^src/(domains|adapters|app|cli|dev|testing)/',
        pathNot: '^src/(adapters/$1/|domains/[^/]+/ports[.]ts$)',
      },
    },
    ...Object.entries(vendors).map(([adapter, packages]) => ({
      name: `only-${adapter}-imports-its-vendor`,
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/adapters/${adapter}/`, '^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { path: packages.map((name) => `node_modules/${name}`) },
    })),
    {
      name: 'development-by-dynamic-import-only',
      comment: 'Production neither installs nor reaches dev/: it is loaded where development begins, and nowhere else.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { path: '^src/dev/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'development-is-reached-from-few-places',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(dev|testing|cli)/', '^src/app/process/process[.]ts$', '[.]test[.]ts$'] },
      to: { path: '^src/dev/' },
    },
    {
      name: 'traces-cost-nothing-where-none-are-made',
      comment: "OpenTelemetry's packages are loaded where tracing begins; all else sees its API alone.",
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/watching/(start-tracing|opentelemetry)[.]ts$', '[.]test[.]ts$'] },
      to: { path: 'node_modules/@opentelemetry/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tracing-by-dynamic-import-only',
      severity: 'error',
      from: { path: '^src/', ...notTests },
      to: { path: '^src/platform/watching/start-tracing[.]ts$', dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'nobody-imports-the-app',
      comment: 'app knows everything; only what starts it knows app.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|cli|dev|testing)/', '^src/main[.]ts$', '[.]test[.]ts$'] },
      to: { path: '^src/app/' },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/testing/', '[.]test[.]ts$'] },
      to: { path: ['^src/testing/', '[.]test[.]ts$'] },
    },
    {
      name: 'production-imports-production-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-is-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@graphql-typed-document-node/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^src/generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
