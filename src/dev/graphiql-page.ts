import type { GraphiQLOptions } from 'graphql-yoga'

/**
 * While a tab has the focus, GraphiQL 5 shows it at the place of an earlier layout. It moves away under the pointer when
 * the mouse button is pressed, so the click reaches another element and the tab is not selected.
 */
const style =
  '.graphiql-tab { transform: none !important; } [role="alert"] { margin: 0; padding: 12px; background: #fd6; }'

/**
 * When it is loaded, GraphiQL selects the stored tab that has the last edited query, or the query in the URL, and opens a
 * new tab if there is none. It stores no query for a tab that was run but not edited, so a reload opened a blank tab.
 */
const selectLastTab = `
try {
  const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'))
  const { query, variables } = tabs[activeTabIndex]
  const linked = new URL(location.href).searchParams.get('query')
  if (linked === null || linked === query) {
    localStorage.setItem('graphiql:query', query ?? '')
    localStorage.setItem('graphiql:variables', variables ?? '')
  }
} catch {} // Nothing is stored yet.
`

export interface PageOptions extends GraphiQLOptions {
  /** Shown above GraphiQL: why the server refuses the token of the page. */
  readonly notice?: string | null
}

/** The page of GraphiQL, with corrections. Its 9 MB of scripts are loaded with the first page: 0.5 s of CPU. */
export async function renderPage({ notice, ...options }: PageOptions): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const corrections = `<style>${style}</style><script>${selectLastTab}</script></head>`
  const page = renderGraphiQL(options).replace('</head>', () => corrections)
  return notice ? page.replace('<div id="root">', (root) => `<p role="alert">${escapeHtml(notice)}</p>${root}`) : page
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
