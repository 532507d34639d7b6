/**
 * Whether DATABASE_URL has another host than DIRECT_URL, which is used where a session is needed: then it is a
 * pooler's.
 */
export function goesThroughPooler({ url, directUrl }: { readonly url: string; readonly directUrl: string }): boolean {
  return new URL(url).host !== new URL(directUrl).host
}
