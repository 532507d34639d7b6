import type { BenchUser } from './front-users.ts'

export interface Operation {
  readonly name: string
  readonly query: string
  readonly variables?: (user: BenchUser, turn: number) => object
  /** Sent by an admin, who may read all users. */
  readonly byAdmin?: true
  /** Sent less often, since it takes long. */
  readonly isHeavy?: true
}

/** The operations that both servers support. The server written by hand identifies them by name. */
export const operations: readonly Operation[] = [
  { name: '__typename', query: 'query Typename { __typename }' },
  { name: 'me', query: 'query Me { me { id name firstName lastName timeZone locale role createdAt } }' },
  {
    name: 'a page of 20',
    query: `query Page { me { activities(first: 20) {
      edges { cursor node { id title sport status startedAt distanceMeters durationSeconds device } }
      pageInfo { hasNextPage endCursor }
    } } }`,
  },
  {
    name: '20 × 10 nested',
    byAdmin: true,
    isHeavy: true,
    query: `query Nested { users(first: 20) { edges { node {
      id name activities(first: 10) { edges { node { id title sport startedAt distanceMeters } } }
    } } } }`,
  },
  {
    name: 'a mutation',
    query: `mutation Rename($input: UpdateActivityInput!) { updateActivity(input: $input) {
      ... on UpdateActivityPayload { activity { id title sport } }
    } }`,
    variables: ({ activityId }, turn) => ({ input: { activityId, title: `Run ${turn}` } }),
  },
]
