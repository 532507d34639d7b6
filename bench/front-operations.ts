import type { Person } from './front-people.ts'

export interface Operation {
  readonly name: string
  readonly query: string
  readonly variables?: (person: Person, turn: number) => object
  /** Sent by somebody who may read everybody. */
  readonly byAdmin?: true
  /** Asked less often, to end some time. */
  readonly isHeavy?: true
}

/** What both servers answer; the one by hand knows them by their names. */
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
