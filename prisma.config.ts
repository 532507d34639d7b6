import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'

/*
 * The Prisma CLI would download a native engine; this project brings its own (prisma/schema-engine.mjs), and tells the
 * CLI not to ask anyone about newer versions. The engine's shebang looks `node` up: the project's own comes first.
 */
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('./prisma/schema-engine.mjs', import.meta.url))
process.env.CHECKPOINT_DISABLE ??= '1'
process.env.PATH = [fileURLToPath(new URL('./node_modules/.bin', import.meta.url)), process.env.PATH].join(delimiter)

export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    // `generate` and `validate` need no database. Everything else does: a direct one, for a pooler keeps no session.
    url: process.env.DIRECT_URL ?? process.env.DATABASE_URL ?? 'postgresql://set-DATABASE_URL.invalid/pacer',
  },
})
