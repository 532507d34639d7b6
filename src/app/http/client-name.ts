import type { IncomingHttpHeaders } from 'node:http'

/** What a client says about itself: its name and its version, such as ios 2.4.1. */
export interface ClientName {
  readonly name: string
  readonly version: string | null
}

/** Of a metric. */
export interface ClientLabels {
  readonly client: string
  readonly client_version: string
}

/** Reads the headers of Apollo's clients, or those of any other client. Null without a name that is safe to log. */
export function readClientName(headers: IncomingHttpHeaders): ClientName | null {
  const name = textOf(headers['apollographql-client-name'] ?? headers['x-client-name'])
  if (name === null) return null
  return { name, version: textOf(headers['apollographql-client-version'] ?? headers['x-client-version']) }
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && /^[\w .:@/+()-]{1,60}$/.test(header) ? header : null
}

const mostVersions = 20

/**
 * Labels from a bounded set, since each value stays in memory and anybody can send any header: the names of CLIENT_NAMES,
 * each with the first 20 versions that this process sees. All others are `other`; without a header `none`.
 */
export function createClientLabels(names: readonly string[]): (client: ClientName | null) => ClientLabels {
  const versionsOf = new Map(names.map((name) => [name, new Set<string>()]))
  return (client) => {
    if (!client) return { client: 'none', client_version: 'none' }
    const versions = versionsOf.get(client.name)
    if (!versions) return { client: 'other', client_version: 'other' }
    if (client.version === null) return { client: client.name, client_version: 'none' }
    if (versions.size < mostVersions) versions.add(client.version)
    return { client: client.name, client_version: versions.has(client.version) ? client.version : 'other' }
  }
}
