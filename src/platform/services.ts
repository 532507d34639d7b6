/** Names the services of one domain and carries their type, so that a lookup needs no cast and no import of the app. */
export interface ServiceKey<Services> {
  readonly domain: string
  /** Never set: it only carries the type `Services`. */
  readonly services?: Services
}

/** A key for the services of the domain with this name. Each domain has one, in its services.ts. */
export function serviceKey<Services>(domain: string): ServiceKey<Services> {
  return { domain }
}

/**
 * Returns the services of a domain. Throws if that domain has not been built yet: it is higher in the list, or not in
 * it.
 */
export type LookupServices = <Services>(key: ServiceKey<Services>) => Services
