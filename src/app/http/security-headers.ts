import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** Responses are data: browsers must not render, execute, frame or sniff them. */
const forData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  // These concern pages and old plug-ins only; CORS controls cross-origin requests.
  originAgentCluster: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
})

/** GraphiQL runs its own scripts. It is served in development only. */
const forGraphiql = helmet({
  contentSecurityPolicy: false,
  crossOriginOpenerPolicy: false,
  strictTransportSecurity: false,
})

/** Sets the security headers of a response; `mayBePage` if GraphiQL may be served. */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse, mayBePage: boolean): void {
  const isPage = mayBePage && request.method === 'GET' && request.headers.accept?.includes('text/html')
  const set = isPage ? forGraphiql : forData
  set(request, response, (error) => {
    if (error) throw error
  })
}
