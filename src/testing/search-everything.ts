import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { escapeIdentifier } from 'pg'
import { DecryptionFailed } from '../platform/encryption/encryptor.ts'
import type { TestApp } from './app.ts'
import { unzip } from './unzip.ts'

/**
 * Where a text is stored: 'table.column' for every table of the app and the queue, also in encrypted columns, and
 * 'bucket: key' for object keys, headers and contents, also inside of a ZIP. Ignores case.
 */
export async function searchEverything(app: TestApp, text: string): Promise<string[]> {
  return [...(await searchTables(app, text)), ...(await searchEncrypted(app, text)), ...(await searchBucket(app, text))]
}

async function searchTables({ owner }: TestApp, text: string): Promise<string[]> {
  const { rows: columns } = await owner.query<{ schema: string; table: string; column: string; type: string }>(`
    SELECT table_schema AS schema, table_name AS table, column_name AS column, data_type AS type
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema IN ('public', 'graphile_worker') AND table_type = 'BASE TABLE'
    ORDER BY table_schema, table_name, column_name`)
  const found: string[] = []
  for (const { schema, table, column, type } of columns) {
    const [value, from] = [escapeIdentifier(column), `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`]
    // A bytea may hold text; as hexadecimal digits it is compared with the text's own.
    const readable = type === 'bytea' ? `encode(${value}, 'hex')` : `lower(${value}::text)`
    const sought = type === 'bytea' ? Buffer.from(text).toString('hex') : text.toLowerCase()
    const { rows } = await owner.query(`SELECT FROM ${from} WHERE strpos(${readable}, $1) > 0 LIMIT 1`, [sought])
    if (rows.length > 0) found.push(`${table}.${column}`)
  }
  return found
}

async function searchEncrypted({ app, owner }: TestApp, text: string): Promise<string[]> {
  const found: string[] = []
  for (const { table, column, place } of app.encryptedColumns) {
    const value = escapeIdentifier(column)
    const { rows } = await owner.query<{ value: Buffer }>(
      `SELECT ${value} AS value FROM ${escapeIdentifier(table)} WHERE ${value} IS NOT NULL`,
    )
    const plain = rows.map((row) => {
      try {
        return app.encryptor.decrypt(row.value, place).toString()
      } catch (error) {
        if (error instanceof DecryptionFailed) return ''
        throw error
      }
    })
    if (plain.some((each) => each.toLowerCase().includes(text.toLowerCase()))) found.push(`${table}.${column}`)
  }
  return found
}

/** Other tests use the same bucket, so only objects of this app's users are read. */
async function searchBucket({ app }: TestApp, text: string): Promise<string[]> {
  const { endpoint, name: Bucket, accessKeyId, secretAccessKey } = app.config.bucket
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, credentials, region: 'auto', forcePathStyle: true })
  const users = await app.db.prisma.user.findMany({ select: { id: true } })
  const found: string[] = []
  try {
    for (let token: string | undefined; ; ) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }))
      for (const { Key = '' } of page.Contents ?? []) {
        const isOwn = users.some(({ id }) => Key.includes(id))
        const everything = isOwn ? await readObject(client, { Bucket, Key }) : Key
        if (everything.toLowerCase().includes(text.toLowerCase())) found.push(`bucket: ${Key}`)
      }
      if (!page.IsTruncated) return found
      token = page.NextContinuationToken
    }
  } finally {
    client.destroy()
  }
}

/** The key, the headers and the content of an object as one text. */
async function readObject(client: S3Client, object: { Bucket: string; Key: string }): Promise<string> {
  const { Body, ContentDisposition = '', Metadata } = await client.send(new GetObjectCommand(object))
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array()
  const files = object.Key.endsWith('.zip')
    ? [...(await unzip(bytes)).values()]
    : [Buffer.from(bytes).toString('latin1')]
  return [object.Key, decodeURIComponent(ContentDisposition), JSON.stringify(Metadata), ...files].join(' ')
}
