/** Whether a server answers at this address within two seconds. */
export async function isServing(api: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/health/live', api), { signal: AbortSignal.timeout(2_000) })
    return response.ok
  } catch {
    return false
  }
}
