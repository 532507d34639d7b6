import type { App } from '../app/app.ts'

/** Opens the configured app. It is imported when a command runs, so that `token` and `info` do not load all of it. */
export async function openConfigured(): Promise<App> {
  const { openApp } = await import('./open-app.ts')
  return openApp()
}
