#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/*
 * The schema engine of the Prisma CLI. It replaces the native binary, which the CLI would download, with the same engine
 * in WASM (@prisma/schema-engine-wasm) over node-postgres (@prisma/adapter-pg). prisma.config.ts configures the CLI to
 * run this file.
 *
 * The CLI uses two protocols: `--datasource {…} cli can-connect-to-database | create-database | drop-database` answers
 * with the exit code; everything else is JSON-RPC, one message in each line of stdin and stdout, until stdin closes.
 * Postgres only. Comments say why this file does what the WASM build cannot do.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'

const { values: flags, positionals } = parseArgs({
  options: { datamodels: { type: 'string', multiple: true }, datasource: { type: 'string' } },
  allowPositionals: true,
  strict: false, // the CLI also passes flags for the native engine, such as --enabled-preview-features
})
const mainUrl = JSON.parse(flags.datasource ?? '{}').url

/** The engine writes the message of a panic here, and then throws an `unreachable` without a message. */
const panics = { message: '', set_message: (message) => Object.assign(panics, { message }) }
globalThis.PRISMA_WASM_PANIC_REGISTRY = panics

// --- Connections ---------------------------------------------------------------------------------------------------

class EngineError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

const databaseOf = (url) => decodeURIComponent(new URL(url).pathname.slice(1))

function urlOf(url, database) {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.href
}

/** Runs one statement over a connection of its own, because CREATE and DROP DATABASE cannot run in a transaction. */
async function execute(url, sql) {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    const { rows } = await client.query(sql)
    return rows
  } catch (error) {
    if (error.code === '3D000') throw new EngineError('P1003', `Database \`${databaseOf(url)}\` does not exist`)
    if (error.code?.startsWith('28')) throw new EngineError('P1000', `Authentication failed: ${error.message}`)
    if (error instanceof pg.DatabaseError && !/^(08|57)/.test(error.code)) throw error
    const { host } = new URL(url)
    throw new EngineError('P1001', `Can't reach database server at \`${host}\`: ${error.message || error.code}`)
  } finally {
    await client.end()
  }
}

async function createDatabase(url) {
  const database = databaseOf(url)
  await execute(urlOf(url, 'postgres'), `CREATE DATABASE ${pg.escapeIdentifier(database)}`).catch((error) => {
    if (error.code !== '42P04') throw error // it exists
  })
  return { databaseName: database }
}

const dropDatabase = (url, from = urlOf(url, 'postgres')) =>
  execute(from, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(databaseOf(url))} WITH (FORCE)`)

/** The connections that a call has opened. They are closed after it, because the engine does not close them. */
const open = new Set()

/**
 * @prisma/adapter-pg over one connection, because the engine takes an advisory lock of the session. Two corrections:
 * - it does not know the type "char" (OID 18), which introspection reads from the catalogue;
 * - its executeScript splits at every `;`, even inside the body of a function. Postgres runs a whole script.
 */
async function connect(url, dispose = async () => {}) {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const close = async () => {
    if (!open.delete(close)) return
    await pool.end()
    await dispose()
  }
  open.add(close)
  const adapter = await new PrismaPg(pool).connect()
  const { queryRaw, onError } = adapter
  adapter.queryRaw = async (query) => {
    const characters = []
    const reading = Object.create(adapter, {
      performIO: {
        value: async (statement) => {
          const result = await adapter.performIO(statement)
          for (const [column, field] of result.fields.entries()) {
            if (field.dataTypeID !== pg.types.builtins.CHAR) continue
            field.dataTypeID = pg.types.builtins.TEXT
            characters.push(column)
          }
          return result
        },
      },
    })
    const answer = await queryRaw.call(reading, query)
    for (const column of characters) answer.columnTypes[column] = ColumnTypeEnum.Character
    return answer
  }
  adapter.executeScript = async (script) => {
    await pool.query(script).catch((error) => onError.call(adapter, error))
  }
  adapter.dispose = close
  return adapter
}

class AdapterFactory extends PrismaPg {
  async connect() {
    return connect(mainUrl)
  }

  /** PrismaPg's own method connects to the database of the URL, so that its shadow database would be the main one. */
  async connectToShadowDb() {
    const shadowUrl = urlOf(mainUrl, `prisma_migrate_shadow_db_${randomUUID()}`)
    await execute(mainUrl, `CREATE DATABASE ${pg.escapeIdentifier(databaseOf(shadowUrl))} TEMPLATE template0`)
    return connect(shadowUrl, () => dropDatabase(shadowUrl, mainUrl))
  }
}

// --- Methods -------------------------------------------------------------------------------------------------------

const EMPTY_SCHEMA = 'datasource db {\n  provider = "postgresql"\n}\n'

function createEngine() {
  const datamodels = (flags.datamodels ?? []).map((path) => [path, readFileSync(path, 'utf8')])
  return SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : [['schema.prisma', EMPTY_SCHEMA]] },
    () => {}, // the engine's log
    bindMigrationAwareSqlAdapterFactory(new AdapterFactory({ connectionString: mainUrl })),
  )
}

/** The SQL that is missing from the migrations, or null. */
async function nextMigration({ migrationsList, schema, filters }) {
  const engine = await createEngine()
  const lockfile = { ...migrationsList.lockfile }
  lockfile.content ??= 'provider = "postgresql"\n' // before the first migration there is none
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'migrations', ...migrationsList, lockfile },
    to: { tag: 'schemaDatamodel', ...schema },
    script: true,
    exitCode: true,
    filters,
  })
  return exitCode === 2 ? stdout : null
}

/** The statements of a script that can lose data, or fail where the table has rows. */
function hazardsOf(script) {
  const hazards = []
  let table = ''
  for (const line of script.split('\n')) {
    table = /^(?:ALTER|DROP) TABLE "([^"]+)"/.exec(line)?.[1] ?? table
    const [, verb, column, rest] = /(DROP|ADD|ALTER) COLUMN +"([^"]+)"(.*)/.exec(line) ?? []
    const add = (message, fails = false) => hazards.push({ table, message, fails })
    if (line.startsWith('DROP TABLE')) add(`The table \`${table}\` and all its rows would be dropped.`)
    if (verb === 'DROP') add(`The column \`${table}.${column}\` and its data would be dropped.`)
    if (verb === 'ALTER' && rest.includes('SET DATA TYPE'))
      add(`The type of \`${table}.${column}\` would change: a value that does not fit fails the migration.`)
    if (verb === 'ADD' && rest.includes('NOT NULL') && !rest.includes('DEFAULT'))
      add(`\`${table}.${column}\` is required and has no default: existing rows would have no value.`, true)
  }
  return hazards
}

async function hasRows(table) {
  const rows = await execute(mainUrl, `SELECT 1 FROM ${pg.escapeIdentifier(table)} LIMIT 1`).catch(() => [])
  return rows.length > 0
}

const methods = {
  createDatabase: ({ datasource }) => createDatabase(datasource?.url ?? mainUrl),
  ensureConnectionValidity: async () => {
    await execute(mainUrl, 'SELECT 1')
    return {}
  },
  getDatabaseVersion: async () => (await createEngine()).version(),

  // The native engine makes the CLI print the diff.
  diff: async (params) => {
    const result = await (await createEngine()).diff(params)
    if (result.stdout) send({ id: randomUUID(), method: 'print', params: { content: result.stdout } })
    return result
  },

  // The WASM build's evaluateDataLoss and createMigration fail with "shadow DB must be provided through an external
  // factory"; its diff does not.
  evaluateDataLoss: async (params) => {
    const script = await nextMigration(params)
    const warnings = []
    const unexecutableSteps = []
    for (const [stepIndex, { table, message, fails }] of hazardsOf(script ?? '').entries()) {
      if (await hasRows(table)) (fails ? unexecutableSteps : warnings).push({ message, stepIndex })
    }
    return { migrationSteps: script === null ? 0 : 1, unexecutableSteps, warnings }
  },
  createMigration: async (params) => {
    const script = await nextMigration(params)
    const answer = { connectorType: 'postgresql', extension: 'sql' }
    if (script === null && !params.draft) return { ...answer, generatedMigrationName: '', migrationScript: null }
    const warnings = hazardsOf(script ?? '').map(({ message }) => `-- Warning: ${message}\n\n`)
    const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    return {
      ...answer,
      generatedMigrationName: `${timestamp}_${params.migrationName}`,
      migrationScript: script === null ? '-- This is an empty migration.' : [...warnings, script].join(''),
    }
  },
}

async function call(method, params = {}) {
  try {
    if (method in methods) return await methods[method](params)
    const engine = await createEngine()
    if (typeof engine[method] !== 'function') throw new Error(`This schema engine has no method ${method}.`)
    return (await engine[method](params)) ?? null
  } finally {
    for (const close of open) await close().catch(() => {}) // a connection that was not established cannot be closed
  }
}

// --- The CLI's two protocols ---------------------------------------------------------------------------------------

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

const messageOf = (error) => (panics.message ? `The schema engine panicked: ${panics.message}` : error.message)

/** A line of the native engine's log. The CLI shows the last one after an exit code of 1. */
function logError(error) {
  const fields = { message: messageOf(error), error_code: error.code ?? 'P1000' }
  process.stderr.write(`${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}\n`)
}

async function answerCommand(command) {
  try {
    if (command === 'can-connect-to-database') await call('ensureConnectionValidity')
    else if (command === 'create-database') await createDatabase(mainUrl)
    else if (command === 'drop-database') await dropDatabase(mainUrl)
    else throw new Error(`This schema engine has no command ${command}.`)
  } catch (error) {
    process.stderr.write('error\n') // the CLI skips the first line
    logError(error)
    process.exitCode = 1
  }
}

async function answerMessage({ id, method, params }) {
  if (!method) return // the CLI's answer to a `print`
  try {
    send({ id, result: await call(method, params) })
  } catch (error) {
    const data = {
      is_panic: false,
      message: messageOf(error),
      meta: error.meta ?? null,
      error_code: error.code ?? null,
    }
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } })
  }
}

async function serve() {
  for await (const line of createInterface({ input: process.stdin })) await answerMessage(JSON.parse(line))
}

// No caller can catch a panic inside a callback.
process.on('uncaughtException', (error) => {
  logError(error)
  process.exitCode = 1
  process.stdin.destroy()
})

if (process.argv.includes('--version')) process.stdout.write('schema-engine-wasm\n')
else if (positionals[0] === 'cli') await answerCommand(positionals[1])
else await serve()
