/*
 * What @prisma/engines asks of @prisma/fetch-engine when it is installed: to fetch the native schema engine from
 * Prisma's servers. This project brings its own (prisma/schema-engine.mjs), so this fetches nothing. package.json's
 * `overrides` puts it in place, for npm 10 runs every package's install script.
 */
exports.BinaryType = { SchemaEngineBinary: 'schema-engine' }
exports.download = async () => ({})
