import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** What browsers shall do with our answers, which are data: show nothing, run nothing, frame nothing, guess nothing. */
const ofData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  // For pages and old plug-ins only; a fetch of another origin is CORS's to allow.
  originAgentCluster: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
})

/** GraphiQL runs scripts of its own page. It is there in development only. */
const ofGraphiql = helmet({
  contentSecurityPolicy: false,
  crossOriginOpenerPolicy: false,
  strictTransportSecurity: false,
})

/** Sets the security headers of an answer; `mayBePage` where a browser may be shown GraphiQL. */
export function secure(request: IncomingMessage, response: ServerResponse, mayBePage: boolean): void {
  const isPage = mayBePage && request.method === 'GET' && request.headers.accept?.includes('text/html')
  const set = isPage ? ofGraphiql : ofData
  set(request, response, (error) => {
    if (error) throw error
  })
}
