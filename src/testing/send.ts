interface Request {
  readonly method: string
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/**
 * Sends bytes by a signed request, as a browser does. `headers` replace or, if undefined, remove headers of the request.
 * Each request has its own connection: the embedded R2 closes idle ones after five seconds, and fetch, which keeps them for
 * four to five, does not repeat a PUT whose connection is closed as it starts.
 */
export function send(
  request: Request,
  body: Uint8Array,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  const sent = new Headers(request.headers.map(({ name, value }): [string, string] => [name, value]))
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) sent.delete(name)
    else sent.set(name, value)
  }
  sent.set('connection', 'close')
  return fetch(request.url, { method: request.method, headers: sent, body: new Uint8Array(body) })
}
