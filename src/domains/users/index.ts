export { markDeleting, type OnUserDeleting } from './commands/delete-user.ts'
export { importLegacyUsers } from './commands/import-legacy-users.ts'
export { type LinkLegacyUserPorts, linkLegacyUser } from './commands/link-legacy-user.ts'
export {
  lockDeletingUser,
  lockPresentUser,
  lockPresentUsersForReference,
  lockUsersForReference,
} from './commands/lock-users.ts'
export { promoteUser } from './commands/promote-user.ts'
export { reconcileUsers } from './commands/reconcile-users.ts'
export { checkMayAct, runAs, type Viewer, withLockedUser } from './commands/run-as.ts'
export type { Emails } from './emails.ts'
export { Unauthenticated } from './errors.ts'
export { userMessages } from './messages.ts'
export type { OnContactsVerified, OnUserCreated } from './on-user-created.ts'
export { type ClerkDirectory, ClerkRefused, type ClerkUser } from './ports.ts'
export { findRefusal, type Refusal } from './queries/find-refusal.ts'
export { findUnavailableUsers } from './queries/find-unavailable-users.ts'
export { findUser } from './queries/find-user.ts'
export {
  countUnlinkedUsers,
  findLegacyUsers,
  findLinkedUsers,
  findUnlinkedUsers,
  readUnlinkedUsers,
  type UnlinkedUser,
} from './queries/legacy-users.ts'
export { readTexts } from './queries/personal-texts.ts'
export { clerkIdOf, legacyCreditsOf, localizationOfUser, timeZoneOf } from './queries/user-columns.ts'
export { findDeletingUser, isAnyErased, presentUsers } from './queries/user-standing.ts'
export { isUserId, usersNamed } from './queries/users-named.ts'
export { type RetryClock, retryClerk } from './retry-clerk.ts'
export { type UsersServices, users } from './services.ts'
export { standingTopic } from './topic.ts'
