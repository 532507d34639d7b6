import type { ArrivalPorts } from './arrival.ts'
import type { ClerkDirectory } from './ports.ts'
import './graphql/user.ts'
import './graphql/me.ts'
import './graphql/users.ts'
import './graphql/update-profile.ts'

/** What the resolvers of users need of the context. */
declare module '../../graphql/context.ts' {
  interface Ports extends ArrivalPorts {
    /** Null where no secret key is configured. */
    readonly directory: ClerkDirectory | null
  }
}
