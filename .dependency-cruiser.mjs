/** Which module may import which: docs/architecture.md as rules. Tests may import anything. */
import { readFileSync } from 'node:fs'

const notTests = { pathNot: '[.]test[.]ts$' }
const vendors = {
  clerk: ['@clerk/', 'svix'],
  ffmpeg: ['music-metadata', '@ffmpeg-installer/'],
  google: ['@ai-sdk/google/'],
  groq: ['@ai-sdk/groq/'],
  r2: ['@aws-sdk/', '@smithy/'],
  recordings: ['fit-file-parser', 'fast-xml-parser', '@turf/', 'piscina'],
  rendering: ['@napi-rs/canvas', '@expo-google-fonts/', '@fontsource/'],
}

/** The domains from the lowest to the highest, as src/app/domains.ts lists them. */
function readLayers() {
  const text = readFileSync(new URL('src/app/domains.ts', import.meta.url), 'utf8')
  const list = /export const domains[^=]*= \[([^\]]*)\]/.exec(text)?.[1] ?? ''
  const names = [...list.matchAll(/(\w+)Domain\b/g)].map(([, name]) => name)
  if (names.length < 2) throw new Error('src/app/domains.ts lists no domains that the import rules can be made of.')
  return names
}

const layers = readLayers()

/** A rule for each domain: it imports no higher one. */
const layering = layers.slice(0, -1).map((name, at) => ({
  name: `${name}-imports-no-higher-domain`,
  comment:
    'The order is the list in src/app/domains.ts. What a lower domain must tell a higher one, the higher one declares.',
  severity: 'error',
  from: { path: `^src/domains/${name}/`, ...notTests },
  to: { path: `^src/domains/(${layers.slice(at + 1).join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: notTests, to: { circular: true } },
    {
      name: 'foundations-import-no-domain',
      comment: 'platform, config and graphql hold no business terms.',
      severity: 'error',
      from: { path: '^src/(platform|config|graphql)/', ...notTests },
      to: { path: '^src/(domains|adapters|app|legacy|cli|dev|testing)/' },
    },
    {
      name: 'platform-imports-no-graphql',
      severity: 'error',
      from: { path: '^src/(platform|config)/', ...notTests },
      to: { path: '^src/graphql/' },
    },
    {
      name: 'domains-import-each-other-through-index',
      comment: "A domain imports another through that one's index.ts only.",
      severity: 'error',
      from: { path: '^src/domains/([^/]+)/', ...notTests },
      to: { path: '^src/domains/[^/]+/', pathNot: '^src/domains/($1/|[^/]+/index[.]ts$)' },
    },
    {
      name: 'every-domain-is-listed',
      comment: 'A folder of src/domains that src/app/domains.ts does not list has no place in the layering.',
      severity: 'error',
      from: { path: `^src/domains/(?!${layers.join('/|')}/)[^/]+/` },
      to: {},
    },
    ...layering,
    {
      name: 'define-domain-is-imported-by-manifests',
      severity: 'error',
      from: { path: '^src/domains/[^/]+/', pathNot: ['^src/domains/[^/]+/domain[.]ts$', '[.]test[.]ts$'] },
      to: { path: '^src/domains/define-domain[.]ts$' },
    },
    {
      name: 'manifests-are-imported-by-the-app',
      comment: 'domain.ts is for the composition root, the CLI and dev.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|cli|dev|testing)/', '^src/main[.]ts$', '[.]test[.]ts$'] },
      to: { path: '^src/domains/[^/]+/domain[.]ts$' },
    },
    {
      name: 'outside-domains-only-domain-and-index',
      comment: 'app, cli, dev and legacy use domain.ts and index.ts only; app/adapters.ts also the ports.',
      severity: 'error',
      from: { path: '^src/(app|cli|dev|legacy)/', ...notTests },
      to: {
        path: '^src/domains/[^/]+/',
        pathNot: ['^src/domains/[^/]+/(index|domain|ports)[.]ts$', '^src/domains/define-domain[.]ts$'],
      },
    },
    {
      name: 'purchases-are-computed-from-events-alone',
      comment: 'The functions that fold events read no database, so the same events give the same result in any order.',
      severity: 'error',
      from: {
        path: [
          '^src/domains/billing/events/(event-order|owner-history)[.]ts$',
          '^src/domains/billing/subscriptions/(apply-event-to-period|fold-subscription)[.]ts$',
          '^src/domains/billing/grants/(paid-months|wanted-grants)[.]ts$',
        ],
      },
      to: { path: '^src/platform/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domains-import-no-vendor-and-no-app',
      severity: 'error',
      from: { path: '^src/domains/', ...notTests },
      to: { path: '^src/(adapters|app|legacy|cli|dev|testing)/' },
    },
    {
      name: 'commands-import-no-edge',
      comment: 'graphql/, jobs/ and webhook.ts translate; what decides imports none of them, nor GraphQL.',
      severity: 'error',
      from: {
        path: '^src/domains/[^/]+/',
        pathNot: ['/(graphql|jobs)/', '/webhook[.]ts$', '/domain[.]ts$', '[.]test[.]ts$'],
      },
      to: {
        path: [
          '^src/domains/.*/(graphql|jobs)/',
          '^src/domains/.*/webhook[.]ts$',
          '^src/graphql/',
          'node_modules/(graphql|@pothos)/',
        ],
      },
    },
    {
      name: 'adapters-import-ports-only',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', ...notTests },
      to: {
        path: '^src/(domains|adapters|app|legacy|cli|dev|testing)/',
        pathNot: '^src/(adapters/$1/|domains/[^/]+/ports[.]ts$)',
      },
    },
    ...Object.entries(vendors).map(([adapter, packages]) => ({
      name: `only-the-${adapter}-adapter-imports-its-vendor`,
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/adapters/${adapter}/`, '^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { path: packages.map((name) => `node_modules/${name}`) },
    })),
    {
      name: 'only-adapters-import-the-library-of-language-models',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/adapters/', '^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { path: 'node_modules/(ai|@ai-sdk)/' },
    },
    {
      name: 'private-interfaces-of-libraries-in-compat',
      comment:
        'What a library does not document is used in one file or folder of platform/compat, with a contract test.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/', '^src/app/', '^src/(testing|dev|cli)/', '[.]test[.]ts$'] },
      to: { path: 'node_modules/graphile-worker/' },
    },
    {
      name: 'development-by-dynamic-import-only',
      comment: 'Production neither installs nor loads dev/; it is loaded where development begins.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(dev|testing)/', '[.]test[.]ts$'] },
      to: { path: '^src/dev/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'development-is-loaded-from-few-places',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(dev|testing|cli)/', '^src/app/process/process[.]ts$', '[.]test[.]ts$'] },
      to: { path: '^src/dev/' },
    },
    {
      name: 'opentelemetry-in-two-files',
      comment: "OpenTelemetry's packages are loaded where tracing is configured; all other modules see its API alone.",
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/platform/observability/(start-tracing|opentelemetry)[.]ts$', '[.]test[.]ts$'],
      },
      to: { path: 'node_modules/@opentelemetry/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tracing-by-dynamic-import-only',
      severity: 'error',
      from: { path: '^src/', ...notTests },
      to: { path: '^src/platform/observability/start-tracing[.]ts$', dependencyTypesNot: ['dynamic-import'] },
    },
    {
      name: 'nothing-imports-the-app',
      comment: 'The composition root imports all domains; only what starts it imports the root.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|cli|dev|testing|legacy/cli)/', '^src/main[.]ts$', '[.]test[.]ts$'] },
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
      name: 'every-import-resolves',
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
