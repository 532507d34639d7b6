import type { App } from '../app/app.ts'

/** Opens the app that the environment names. Loaded when a command runs: `token` and `info` do not wait for all of it. */
export async function openConfigured(): Promise<App> {
  const { openApp } = await import('./open-app.ts')
  return openApp()
}
