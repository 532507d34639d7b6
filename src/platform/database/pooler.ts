/** Whether the program reaches its database by another address than what needs sessions does: then that is a pooler's. */
export function goesThroughPooler({ url, directUrl }: { readonly url: string; readonly directUrl: string }): boolean {
  return new URL(url).host !== new URL(directUrl).host
}
